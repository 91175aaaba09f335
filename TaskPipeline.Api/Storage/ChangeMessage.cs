using System.Buffers.Text;
using System.Text;
using StackExchange.Redis;
using TaskPipeline.Api.State;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// What is told on a task's channel after each change: what was stored, so that whoever follows the task need not read it. A head,
/// for example <c>ended 812 15 0</c> and a line end, then the record, the result and the output, of so many bytes each; <c>-1</c>
/// for an output that is as before. Empty when all that would be too much to send unasked, and the task is to be read instead.
/// </summary>
/// <param name="Record">The record.</param>
/// <param name="Result">The result; null when there is none.</param>
/// <param name="Output">The output; null when there is none, and when it is as before.</param>
/// <param name="IsWhole">Whether the output is told; else it is that of the version before.</param>
internal sealed record ChangeMessage(TaskRecord Record, ReadOnlyMemory<byte>? Result, string? Output, bool IsWhole)
{
    /// <summary>Beyond this many bytes of result and output nothing is carried: a follower that is slow to take them would be cut off by Redis (32 MB).</summary>
    private const int MostCarried = 65_536;

    /// <summary>What the head of a change that ends the task begins with.</summary>
    private static ReadOnlySpan<byte> Ended => "ended "u8;

    private static ReadOnlySpan<byte> Changed => "changed "u8;

    /// <summary>The head of a message; empty when the message is to be empty.</summary>
    /// <param name="record">The record that is stored.</param>
    /// <param name="recordBytes">Its length as it is stored.</param>
    /// <param name="resultBytes">The length of the result, 0 for none.</param>
    /// <param name="output">The output, empty for none; null when it stays as it is.</param>
    public static string Head(TaskRecord record, long recordBytes, long resultBytes, string? output)
    {
        var outputBytes = output is null ? -1 : Encoding.UTF8.GetByteCount(output);
        return resultBytes + outputBytes > MostCarried ? "" : $"{(record.IsTerminal ? "ended" : "changed")} {recordBytes} {resultBytes} {outputBytes}\n";
    }

    /// <summary>Whether the message says, at a glance, that the task goes on.</summary>
    public static bool GoesOn(RedisValue message) => ((ReadOnlyMemory<byte>)message).Span.StartsWith(Changed);

    /// <summary>What the message carries; null when it carries nothing or is none that is known here: the task is to be read then.</summary>
    public static ChangeMessage? Read(RedisValue message)
    {
        var bytes = (ReadOnlyMemory<byte>)message;
        var head = bytes.Span;
        var kind = head.StartsWith(Ended) ? Ended.Length : head.StartsWith(Changed) ? Changed.Length : 0;
        var at = kind;
        if (kind == 0 || !TryTake(head, ref at, out var record) || !TryTake(head, ref at, out var result) || !TryTake(head, ref at, out var output)
            || record < 0 || result < 0 || bytes.Length - at != (long)record + result + Math.Max(output, 0))
        {
            return null;
        }

        return new ChangeMessage(
            RedisTaskStore.Deserialize(bytes.Slice(at, record)),
            result == 0 ? default(ReadOnlyMemory<byte>?) : bytes.Slice(at + record, result),
            output <= 0 ? null : Encoding.UTF8.GetString(bytes.Span[(at + record + result)..]),
            output >= 0);
    }

    /// <summary>Takes a number and the space or line end behind it.</summary>
    private static bool TryTake(ReadOnlySpan<byte> head, ref int at, out int number)
    {
        if (!Utf8Parser.TryParse(head[at..], out number, out var length) || head.Length == at + length)
        {
            return false;
        }

        at += length + 1;
        return true;
    }
}
