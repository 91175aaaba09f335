using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tests;

/// <summary>Ids in JSON: the canonical text and no other, however the reader comes by it.</summary>
public sealed class TaskIdJsonTests
{
    private static readonly TaskId s_id = TaskId.Create(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(s_id);

        Assert.Equal($"\"{s_id}\"", Encoding.UTF8.GetString(json));
        Assert.Equal(s_id, JsonSerializer.Deserialize<TaskId>(json));
    }

    [Fact]
    public void Read_EscapedOrInPieces_IsTheSame()
    {
        var text = s_id.ToString();
        var escaped = $"\"\\u{(int)text[0]:x4}{text[1..]}\"";
        var whole = Encoding.UTF8.GetBytes($"\"{text}\"");
        var first = new Piece(whole.AsMemory(0, 10));
        var reader = new Utf8JsonReader(new ReadOnlySequence<byte>(first, 0, first.Then(whole.AsMemory(10)), whole.Length - 10));

        Assert.Equal(s_id, JsonSerializer.Deserialize<TaskId>(escaped));
        Assert.Equal(s_id, JsonSerializer.Deserialize<TaskId>(ref reader));
    }

    [Fact]
    public void Read_WhatIsNoCanonicalId_IsRefused()
    {
        var text = s_id.ToString();
        string[] wrong = [text.ToUpper(CultureInfo.InvariantCulture), text[..^1], text + "0", text.Remove(14, 1).Insert(14, "4"), $"{{{text[1..^1]}}}", text.Replace('-', '_'), ""];

        Assert.All(wrong, one => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TaskId>($"\"{one}\"")));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TaskId>("7"));
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes) => Memory = bytes;

        public Piece Then(ReadOnlyMemory<byte> bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
