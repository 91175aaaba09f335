using System.Text;
using System.Text.Json;
using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tests.State;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tests.Storage;

/// <summary>What is told on a task's channel: written as the store does, by joining the head with what it has in hand.</summary>
public sealed class ChangeMessageTests
{
    [Theory]
    [InlineData(TaskState.Completed, "[1,\n2]", "two\nlines, ünd mehr")]
    [InlineData(TaskState.Completed, "1", "")]
    [InlineData(TaskState.Failed, "", "")]
    [InlineData(TaskState.Processing, "", "")]
    [InlineData(TaskState.Pending, "", null)]
    public void Read_OfWhatWasWritten_IsTheSame(TaskState state, string result, string? output)
    {
        var record = Records.Pending() with { State = state, Version = 7 };

        var read = ChangeMessage.Read(Write(record, result, output))!;

        Assert.Equal((record.Id, state, 7), (read.Record.Id, read.Record.State, read.Record.Version));
        Assert.Equal(result.Length > 0 ? result : null, read.Result is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null);
        Assert.Equal(string.IsNullOrEmpty(output) ? null : output, read.Output);
        Assert.Equal(output is not null, read.IsWhole);
    }

    [Theory]
    [InlineData(TaskState.Pending, true)]
    [InlineData(TaskState.Processing, true)]
    [InlineData(TaskState.Cancelled, false)]
    [InlineData(TaskState.TimedOut, false)]
    public void GoesOn_IsTrueOfChangesThatAreNotTheEnd(TaskState state, bool goesOn) =>
        Assert.Equal(goesOn, ChangeMessage.GoesOn(Write(Records.Pending() with { State = state }, "", "")));

    [Fact]
    public void Head_MoreThanIsSentUnasked_IsEmptyAndSaysNothing()
    {
        Assert.NotEmpty(ChangeMessage.Head(Records.Pending(), recordBytes: 500, resultBytes: 65_536, output: ""));
        Assert.Empty(ChangeMessage.Head(Records.Pending(), recordBytes: 500, resultBytes: 1, new string('x', 65_536)));
        Assert.Null(ChangeMessage.Read(""));
        Assert.False(ChangeMessage.GoesOn(""));
    }

    [Fact]
    public void Read_CutAnywhere_IsNone()
    {
        var whole = (byte[])Write(Records.Pending(), "12", "said")!;

        Assert.All(Enumerable.Range(0, whole.Length), length => Assert.Null(ChangeMessage.Read(whole[..length])));
    }

    [Theory]
    [InlineData("17")]
    [InlineData("changed")]
    [InlineData("changed 1 x 3\n")]
    [InlineData("changed -5 5 0\n")]
    [InlineData("other 0 0 0\n")]
    public void Read_WhatIsNoChange_IsNone(string message) => Assert.Null(ChangeMessage.Read(message));

    private static RedisValue Write(TaskRecord record, string result, string? output)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(record, StorageJsonContext.Default.TaskRecord);
        var results = Encoding.UTF8.GetBytes(result);
        return (byte[])[.. Encoding.UTF8.GetBytes(ChangeMessage.Head(record, bytes.Length, results.Length, output)), .. bytes, .. results, .. Encoding.UTF8.GetBytes(output ?? "")];
    }
}
