using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Contracts;

/// <summary>
/// The identity of a task: a version 7 UUID (RFC 9562) whose leading bits are the creation time by the clock of Redis,
/// so that the order of ids is the order of creation. Written in lower case with hyphens; no other form is accepted. Its last
/// byte is its <see cref="Tag"/>.
/// </summary>
[JsonConverter(typeof(TaskIdJsonConverter))]
public readonly record struct TaskId : IComparable<TaskId>
{
    private const int TextLength = 36;

    private TaskId(Guid value) => Value = value;

    /// <summary>The UUID.</summary>
    public Guid Value { get; }

    /// <summary>What says to which shard of the store and to which queue of its lane the task belongs: the last byte of the id, whose lower bits name both.</summary>
    public byte Tag
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes);
            return bytes[15];
        }
    }

    /// <summary>Makes a new id with a random tag for a task created at <paramref name="createdAt"/>.</summary>
    public static TaskId Create(DateTimeOffset createdAt) => Create(createdAt, NewTag());

    /// <summary>Makes a new id for a task created at <paramref name="createdAt"/>.</summary>
    /// <remarks>
    /// The 12 bits after the version carry the microseconds within the millisecond (RFC 9562, section 6.2, method 3), so
    /// that ids made within one millisecond still sort by creation. With the tag given, 54 bits are random.
    /// </remarks>
    public static TaskId Create(DateTimeOffset createdAt, byte tag)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(createdAt).TryWriteBytes(bytes, bigEndian: true, out _);
        var microseconds = (int)(createdAt.Ticks % TimeSpan.TicksPerMillisecond / TimeSpan.TicksPerMicrosecond);
        var fraction = microseconds * 4096 / 1000;
        bytes[6] = (byte)(0x70 | (fraction >> 8));
        bytes[7] = (byte)fraction;
        bytes[15] = tag;
        return new TaskId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>A random tag.</summary>
    public static byte NewTag() => (byte)Random.Shared.Next(256);

    /// <summary>Parses the canonical form; anything else, other UUID versions included, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TaskId id)
    {
        id = default;
        Span<byte> utf8 = stackalloc byte[TextLength];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) && TryParse(utf8[..length], out id);
    }

    /// <summary>The same for text in UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out TaskId id)
    {
        id = default;
        if (text.Length != TextLength || !Utf8Parser.TryParse(text, out Guid value, out var read, 'D') || read != TextLength || value.Version != 7)
        {
            return false;
        }

        // Upper case is read as well, and is not canonical.
        Span<byte> canonical = stackalloc byte[TextLength];
        value.TryFormat(canonical, out _, "D");
        if (!text.SequenceEqual(canonical))
        {
            return false;
        }

        id = new TaskId(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(TaskId other) => string.CompareOrdinal(ToString(), other.ToString());

    /// <summary>The canonical form, for example <c>01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e</c>.</summary>
    public override string ToString() => Value.ToString("D", CultureInfo.InvariantCulture);

    public static bool operator <(TaskId left, TaskId right) => left.CompareTo(right) < 0;

    public static bool operator >(TaskId left, TaskId right) => left.CompareTo(right) > 0;

    public static bool operator <=(TaskId left, TaskId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TaskId left, TaskId right) => left.CompareTo(right) >= 0;
}
