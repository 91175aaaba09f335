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
    private readonly Lazy<ReadOnlyMemory<byte>> _event = new(() => Write(task));

    /// <summary>The task.</summary>
    public StoredTask Task { get; } = task;

    /// <summary>Its version: the id of its event.</summary>
    public long Version => Task.Record.Version;

    /// <summary>The event as it goes over the wire; made when it is first asked for.</summary>
    public ReadOnlyMemory<byte> Event => _event.Value;

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
