using System.Globalization;
using System.Text;
using System.Text.Json;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;

namespace TaskPipeline.Api.Events;

/// <summary>A task at one version, read once and written out once for however many readers. Immutable.</summary>
/// <param name="task">The task.</param>
public sealed class TaskSnapshot(StoredTask task)
{
    /// <summary>An estimate that moves by less than this is not told again.</summary>
    private static readonly TimeSpan s_leastMove = TimeSpan.FromSeconds(1);

    private readonly Lazy<ReadOnlyMemory<byte>> _event = new(() => Write(task));
    private readonly Lazy<ReadOnlyMemory<byte>> _queueEvent = new(() => WriteQueue(task));

    /// <summary>The task.</summary>
    public StoredTask Task { get; } = task;

    /// <summary>Its version: the id of its event.</summary>
    public long Version => Task.Record.Version;

    /// <summary>The event as it goes over the wire; made when it is first asked for.</summary>
    public ReadOnlyMemory<byte> Event => _event.Value;

    /// <summary>Where the task stands in its line, as an event of its own; null unless that is known.</summary>
    public ReadOnlyMemory<byte>? QueueEvent => Task.Queue is null ? null : _queueEvent.Value;

    /// <summary>The same version with another estimate; null when that says nothing new.</summary>
    public TaskSnapshot? Estimated(QueueEstimate estimate) =>
        Task.Queue is { } known && known.Position == estimate.Position && (known.EstimatedStartAt - estimate.EstimatedStartAt ?? default).Duration() < s_leastMove
        && known.EstimatedStartAt is null == estimate.EstimatedStartAt is null
            ? null
            : new TaskSnapshot(Task with { Queue = estimate });

    /// <summary>A sample: <c>event: queue</c>, <c>data: {"position":3,"estimatedStartAt":"2026-01-02T03:04:05.678901Z","quantile":0.9}</c>, an empty line. It has no id: it is no version.</summary>
    private static byte[] WriteQueue(StoredTask task) =>
        [.. "event: queue\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(new TaskResponse(task).Queue, ApiJsonContext.Default.QueueResponse), (byte)'\n', (byte)'\n'];

    /// <summary>A sample: <c>id: 3</c>, <c>data: {"id":"01933b1e-…","status":"processing",…}</c>, an empty line.</summary>
    private static byte[] Write(StoredTask task)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new TaskResponse(task), ApiJsonContext.Default.TaskResponse);

        // Line ends would end the data. They stand only between the tokens of what client and algorithm wrote (within strings
        // JSON escapes them), where a space means the same.
        json.AsSpan().Replace((byte)'\n', (byte)' ');
        json.AsSpan().Replace((byte)'\r', (byte)' ');
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {task.Record.Version}\ndata: ")), .. json, (byte)'\n', (byte)'\n'];
    }
}
