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

    private readonly Lazy<ReadOnlyMemory<byte>> _event = new(() => Write(string.Create(CultureInfo.InvariantCulture, $"id: {task.Record.Version}\n"), task));
    private readonly Lazy<ReadOnlyMemory<byte>> _queueEvent = new(() => Write("event: queue\n", task));

    /// <summary>The task.</summary>
    public StoredTask Task { get; } = task;

    /// <summary>Its version: the id of its event.</summary>
    public long Version => Task.Record.Version;

    /// <summary>The event as it goes over the wire; made when it is first asked for.</summary>
    public ReadOnlyMemory<byte> Event => _event.Value;

    /// <summary>The same as an event of its own type and without an id, for who has this version and not where the task stands in its line; null unless that is known.</summary>
    public ReadOnlyMemory<byte>? QueueEvent => Task.Queue is null ? null : _queueEvent.Value;

    /// <summary>The same version with another estimate; null when that says nothing new.</summary>
    public TaskSnapshot? Estimated(QueueEstimate estimate) =>
        Task.Queue is { } known && known.Position == estimate.Position && (known.EstimatedStartAt - estimate.EstimatedStartAt ?? default).Duration() < s_leastMove
        && known.EstimatedStartAt is null == estimate.EstimatedStartAt is null
            ? null
            : new TaskSnapshot(Task with { Queue = estimate });

    /// <summary>A sample: <c>id: 3</c> or <c>event: queue</c>, <c>data: {"id":"01933b1e-…","status":"pending",…}</c>, an empty line.</summary>
    private static byte[] Write(string head, StoredTask task)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new TaskResponse(task), ApiJsonContext.Default.TaskResponse);

        // Line ends would end the data. They stand only between the tokens of what client and algorithm wrote (within strings
        // JSON escapes them), where a space means the same.
        json.AsSpan().Replace((byte)'\n', (byte)' ');
        json.AsSpan().Replace((byte)'\r', (byte)' ');
        return [.. Encoding.ASCII.GetBytes(head), .. "data: "u8, .. json, (byte)'\n', (byte)'\n'];
    }
}
