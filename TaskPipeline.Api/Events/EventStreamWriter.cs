using Microsoft.Extensions.Options;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// Writes a task's states to one client as they come, and between them where it stands in its line. A client that does not take what it is sent is dropped after a while:
/// nothing is kept for it but the newest state, which all readers of the task share.
/// </summary>
internal sealed class EventStreamWriter(IOptions<EventStreamOptions> options, IHostApplicationLifetime lifetime, ILogger<EventStreamWriter> logger)
{
    private static readonly ReadOnlyMemory<byte> s_heartbeat = ":\n\n"u8.ToArray();

    private readonly EventStreamOptions _options = options.Value;

    /// <summary>Writes until the task has ended, the client is gone or dropped, or the process stops; the last three end the stream between two events.</summary>
    /// <param name="context">The request.</param>
    /// <param name="reader">The task.</param>
    /// <param name="seen">The version that the client has seen; 0 for none.</param>
    public async Task WriteAsync(HttpContext context, ITaskFeedReader reader, long seen)
    {
        var id = reader.Current.Task.Record.Id;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";

        // What nginx and its like need to be told, to pass events on as they come.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var told = reader.Current.Task.Queue;
        if (!await SendAsync(context, id, Next()))
        {
            return;
        }

        while (!reader.IsOver && !ending.IsCancellationRequested)
        {
            var next = await reader.NextAsync(_options.Heartbeat, ending.Token);
            if (ending.IsCancellationRequested || (reader.IsOver && !next))
            {
                return;
            }

            if (!await SendAsync(context, id, Next()))
            {
                return;
            }
        }

        // What the client does not have yet of the newest state; a comment when it has all of it.
        ReadOnlyMemory<byte> Next()
        {
            var current = reader.Current;

            // A store that lost its last second counts versions anew; the end is told whatever its number is.
            var isNew = current.Version > seen || (current.Task.Record.IsTerminal && current.Version != seen);
            var hasMoved = current.Task.Queue != told && current.QueueEvent is not null;
            (seen, told) = (Math.Max(seen, current.Version), current.Task.Queue);
            return isNew ? current.Event : hasMoved ? current.QueueEvent!.Value : s_heartbeat;
        }
    }

    /// <summary>False when the client is gone or was dropped.</summary>
    private async Task<bool> SendAsync(HttpContext context, TaskId id, ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(_options.WriteLimit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, limit.Token);
        try
        {
            // The server ends the connection by itself when a write is given up, and then does not say so by an exception.
            var written = await context.Response.BodyWriter.WriteAsync(bytes, either.Token);
            if (!either.IsCancellationRequested)
            {
                return !written.IsCompleted;
            }
        }
        catch (OperationCanceledException)
        {
            // Given up: by the limit, or because the client has gone.
        }

        if (limit.IsCancellationRequested)
        {
            Log.SlowReaderDropped(logger, id);
            context.Abort();
        }

        return false;
    }
}
