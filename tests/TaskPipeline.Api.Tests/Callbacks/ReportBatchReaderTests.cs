using System.Text;
using System.Text.Json;
using TaskPipeline.Api.Callbacks;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.Callbacks;

public sealed class ReportBatchReaderTests
{
    private const string Id = "01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e";
    private const string Attempt = $"\"worker\":\"w\",\"taskId\":\"{Id}\",\"claimId\":\"c\",\"attempt\":1,\"sequence\":1";

    public static TheoryData<string> BadReports() =>
    [
        "null", "1", "\"x\"", "[]", "{}", "true",
        "{\"type\":\"nonsense\",\"worker\":\"w\"}",
        "{\"type\":\"heartbeat\",\"worker\":\"w\",\"busy\":0,\"running\":null}",
        "{\"type\":\"heartbeat\",\"worker\":\"w\",\"busy\":0,\"running\":[null]}",
        "{\"type\":\"heartbeat\",\"worker\":\"w\",\"busy\":0,\"running\":[{}]}",
        "{\"type\":\"heartbeat\",\"worker\":\"w\",\"busy\":-1,\"running\":[]}",
        "{\"type\":\"announce\",\"worker\":\"w\",\"slots\":1,\"algorithms\":null,\"problems\":[]}",
        "{\"type\":\"announce\",\"worker\":\"w\",\"slots\":1,\"algorithms\":[null],\"problems\":[]}",
        "{\"type\":\"announce\",\"worker\":\"w\",\"slots\":1,\"algorithms\":[{\"name\":\"a\\nb\",\"version\":\"1\",\"description\":\"\"}],\"problems\":[]}",
        "{\"type\":\"announce\",\"worker\":null,\"slots\":1,\"algorithms\":[],\"problems\":[]}",
        $"{{\"type\":\"started\",\"worker\":\"w\",\"taskId\":\"{Id}\",\"claimId\":\"\",\"dispatch\":1}}",
        $"{{\"type\":\"started\",\"worker\":\"w\",\"taskId\":\"nonsense\",\"claimId\":\"c\",\"dispatch\":1}}",
        $"{{\"type\":\"started\",\"worker\":\"w\",\"taskId\":\"{Id}\",\"claimId\":\"c\",\"dispatch\":1,\"message\":{{}}}}",
        $"{{\"type\":\"progress\",{Attempt},\"percent\":1e99}}",
        $"{{\"type\":\"progress\",{Attempt},\"percent\":1,\"stage\":\"\\ud800\"}}",
        $"{{\"type\":\"progress\",{Attempt.Replace("\"sequence\":1", "\"sequence\":0", StringComparison.Ordinal)},\"percent\":1}}",
        $"{{\"type\":\"finished\",{Attempt},\"outcome\":\"lost\"}}",
        $"{{\"type\":\"finished\",{Attempt},\"outcome\":\"error\"}}",
        $"{{\"type\":\"finished\",{Attempt},\"outcome\":\"error\",\"failure\":{{\"kind\":null,\"message\":\"m\"}}}}",
        $"{{\"type\":\"released\",{Attempt},\"reason\":\"bored\"}}",
        $"{{\"type\":\"progress\",{Attempt},\"percent\":1,\"deep\":{new string('[', 5_000)}{new string(']', 5_000)}}}",
    ];

    [Theory]
    [MemberData(nameof(BadReports))]
    public void Read_OneBadReport_LeavesTheOthersReadable(string bad)
    {
        var good = $"{{\"type\":\"progress\",{Attempt},\"percent\":40}}";

        var reports = Read($"[{good}, {bad}, {good}]");

        Assert.Equal(3, reports.Count);
        Assert.NotNull(reports[1].Problem);
        Assert.Null(reports[1].Report);
        Assert.Equal(40, Assert.IsType<ProgressReport>(reports[0].Report).Percent);
        Assert.Equal(40, Assert.IsType<ProgressReport>(reports[2].Report).Percent);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"result\":null")]
    public void Read_CompletedWithoutAResult_IsUnderstood(string result)
    {
        var report = Assert.Single(Read($"[{{\"type\":\"finished\",{Attempt},\"outcome\":\"completed\"{result}}}]"));

        Assert.Null(report.Problem);
        Assert.Null(Assert.IsType<FinishedReport>(report.Report).Result);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[")]
    [InlineData("[1,]")]
    [InlineData("[1] 2")]
    [InlineData("[1]]")]
    [InlineData("[nonsense]")]
    public void Read_NoArray_IsAJsonException(string body) => Assert.ThrowsAny<JsonException>(() => Read(body));

    [Theory]
    [InlineData("")]
    [InlineData(",\"result\":null")]
    public void Read_CompletedWithoutAResult_IsCompleted(string result)
    {
        // An algorithm need not have one.
        var (report, problem) = Assert.Single(Read($"[{{\"type\":\"finished\",{Attempt},\"outcome\":\"completed\"{result}}}]"));

        Assert.Null(problem);
        var finished = Assert.IsType<FinishedReport>(report);
        Assert.Equal(TaskOutcome.Completed, finished.Outcome);
        Assert.Null(finished.Result);
    }

    [Fact]
    public void Read_ResultTooLarge_IsRejectedForGood()
    {
        var result = new string('1', CallbackProtocol.MaxResultBytes + 1);

        var (report, problem) = Assert.Single(Read($"[{{\"type\":\"finished\",{Attempt},\"outcome\":\"completed\",\"result\":{result}}}]"));

        Assert.Null(problem);
        var finished = Assert.IsType<FinishedReport>(report);
        Assert.Equal(TaskOutcome.Error, finished.Outcome);
        Assert.Equal(FailureKinds.Rejected, finished.Failure!.Kind);
        Assert.False(finished.Retryable);
        Assert.Null(finished.Result);
    }

    [Fact]
    public void Read_TooManyWords_AreCutToWhatARecordKeeps()
    {
        var many = new string('é', 60_000);
        var body = $"[{{\"type\":\"finished\",{Attempt},\"outcome\":\"error\",\"output\":\"{many}x\",\"stage\":\"{many}\","
            + $"\"failure\":{{\"kind\":\"error\",\"message\":\"{many}\",\"stderr\":\"{many}\"}}}}]";

        var finished = Assert.IsType<FinishedReport>(Assert.Single(Read(body)).Report);

        Assert.Equal(CallbackProtocol.MaxOutputBytes - 1, Encoding.UTF8.GetByteCount(finished.Output!));
        Assert.EndsWith("éx", finished.Output, StringComparison.Ordinal);
        Assert.Equal(CallbackProtocol.MaxStderrBytes, Encoding.UTF8.GetByteCount(finished.Failure!.Stderr!));
        Assert.True(finished.Failure.Message.Length <= 1_000);
        Assert.True(finished.Stage!.Length <= 200);
    }

    private static IReadOnlyList<(WorkerReport? Report, string? Problem)> Read(string body) => ReportBatchReader.Read(Encoding.UTF8.GetBytes(body));
}
