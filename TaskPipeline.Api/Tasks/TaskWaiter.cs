using TaskPipeline.Api.Events;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>Waits for a task to end: of one that is submitted here by its reply, of any other from the same source as the streams of events.</summary>
internal sealed class TaskWaiter(ITaskStore store, ITaskFeeds feeds, ReplyChannel replies, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a reply is relied on without a look at the task: one may go untold when a connection is lost.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    /// <summary>Prepares the wait for a task that is about to be submitted; null when nobody will wait, or it has to be followed instead.</summary>
    public ReplyChannel.Reply? Expect(TimeSpan? limit) => limit > TimeSpan.Zero ? replies.Expect() : null;

    /// <summary>
    /// Returns the task when it has ended, the limit is over or the process is told to stop, whichever is first; null when there
    /// is no such task.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public async Task<StoredTask?> WaitAsync(TaskId id, TimeSpan limit, CancellationToken cancellationToken)
    {
        var task = await store.GetAsync(id, cancellationToken);
        return task is null || task.Record.IsTerminal || limit == TimeSpan.Zero ? task : await FollowAsync(id, limit, cancellationToken);
    }

    /// <summary>The same for a task that was submitted a moment ago.</summary>
    /// <param name="created">The task.</param>
    /// <param name="reply">What its record names as its address; null when it names none.</param>
    /// <param name="limit">The longest wait, more than zero.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public async Task<StoredTask?> WaitAsync(StoredTask created, ReplyChannel.Reply? reply, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (reply is null)
        {
            return await FollowAsync(created.Record.Id, limit, cancellationToken);
        }

        var started = time.GetTimestamp();
        using var either = Either(cancellationToken);
        while (true)
        {
            Task told = reply.Told;
            var left = limit - time.GetElapsedTime(started);
            await told.WaitAsync(TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, s_look.Ticks)), time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (told.IsCompletedSuccessfully && await reply.Told is { IsWhole: true } end)
            {
                return created with { Record = end.Record, Result = end.Result, Output = end.Output, Queue = null };
            }

            var task = await ReadAgainAsync(created, cancellationToken);
            if (task is null || task.Record.IsTerminal || left <= s_look || either.IsCancellationRequested)
            {
                return task;
            }
        }
    }

    private async Task<StoredTask?> FollowAsync(TaskId id, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var either = Either(cancellationToken);
        while (true)
        {
            try
            {
                await using var reader = await feeds.OpenAsync(id, FeedInterest.End, cancellationToken);
                return reader is null ? null : await FollowAsync(reader, limit - time.GetElapsedTime(started), either.Token, cancellationToken);
            }
            catch (StoreUnavailableException) when (!either.IsCancellationRequested)
            {
                // When Redis comes back, tasks can be read a moment before changes can be subscribed to. Should it be away, this look says so.
                var task = await store.GetAsync(id, cancellationToken);
                if (task is null || task.Record.IsTerminal || time.GetElapsedTime(started) + s_again > limit)
                {
                    return task;
                }
            }

            await Task.Delay(s_again, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<StoredTask?> FollowAsync(ITaskFeedReader reader, TimeSpan limit, CancellationToken either, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!reader.IsOver && !either.IsCancellationRequested && limit - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            await reader.NextAsync(left, either);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return reader.IsOver ? reader.Current.Task : await ReadAgainAsync(reader.Current.Task, cancellationToken);
    }

    /// <summary>The task as it is now, since only its end was listened for. While the store is away, as it was.</summary>
    private async Task<StoredTask?> ReadAgainAsync(StoredTask task, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetAsync(task.Record.Id, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return task;
        }
    }

    private CancellationTokenSource Either(CancellationToken cancellationToken) =>
        CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
}
