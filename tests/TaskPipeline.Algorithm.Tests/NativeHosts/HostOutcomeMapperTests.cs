using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class HostOutcomeMapperTests
{
    private const int MiB = 1 << 20;

    private static readonly TaskSubmission s_submission = TestHosts.NewTask("any", timeoutSeconds: 5, noProgressTimeoutSeconds: 2).Message.Submission;

    [Theory]
    [InlineData(0, TaskOutcome.Completed, null, false)]
    [InlineData(-1, TaskOutcome.Error, "error", false)]
    [InlineData(-2, TaskOutcome.Error, "error", true)]
    [InlineData(-3, TaskOutcome.Error, "rejected", false)]
    [InlineData(-4, TaskOutcome.Error, "error", false)]
    [InlineData(100, TaskOutcome.Error, "error", true)]
    [InlineData(101, TaskOutcome.Error, "rejected", false)]
    [InlineData(102, TaskOutcome.Error, "error", true)]
    [InlineData(103, TaskOutcome.Error, "rejected", false)]
    [InlineData(104, TaskOutcome.Error, "rejected", false)]
    [InlineData(105, TaskOutcome.Error, "error", true)]
    public void Map_Reply_FollowsItsStatus(int status, TaskOutcome outcome, string? kind, bool retryable)
    {
        var mapped = HostOutcomeMapper.Map(End() with { Reply = Reply((HostStatus)status, "it says why") }, s_submission);

        Assert.Equal((outcome, kind, retryable), (mapped.Outcome, mapped.Failure?.Kind, mapped.Retryable));
        Assert.Equal(kind is null ? null : "it says why", mapped.Failure?.Message);
    }

    [Fact]
    public void Map_EveryStatus_IsKnown() => Assert.All(
        Enum.GetValues<HostStatus>(),
        status => HostOutcomeMapper.Map(End() with { Reply = Reply(status, "") }, s_submission));

    [Theory]
    [InlineData((int)StopReason.Cancelled, TaskOutcome.Cancelled, null)]
    [InlineData((int)StopReason.Timeout, TaskOutcome.TimedOut, "timeout")]
    [InlineData((int)StopReason.NoProgress, TaskOutcome.TimedOut, "no_progress")]
    [InlineData((int)StopReason.ScratchLimit, TaskOutcome.Crash, "crash")]
    public void Map_Stopped_FollowsTheReasonWhateverTheProcessDid(int reason, TaskOutcome outcome, string? kind)
    {
        var mapped = HostOutcomeMapper.Map(End() with { Stopped = (StopReason)reason, Exit = Exit(signal: 11) }, s_submission);

        Assert.Equal((outcome, kind), (mapped.Outcome, mapped.Failure?.Kind));
    }

    [Theory]
    [InlineData(11, null, "SIGSEGV", null, "The native code was ended by SIGSEGV at 40 %, working")]
    [InlineData(40, null, "SIG40", null, "The native code was ended by SIG40 at 40 %, working")]
    [InlineData(null, 139, null, 139, "The native code ended with exit code 139 at 40 %, working")]
    [InlineData(null, 0, null, 0, "The native code ended with exit code 0 at 40 %, working")]
    [InlineData(null, 74, null, 74, "The native code ended with exit code 74, as a host does whose channel was closed, at 40 %, working")]
    public void Map_Crash_HasSignalOrExitCodeAndWhereItWas(int? signal, int? exitCode, string? name, int? code, string message)
    {
        var failure = HostOutcomeMapper.Map(End() with { Exit = Exit(signal, exitCode), Errors = "last words" }, s_submission).Failure!;

        Assert.Equal(("crash", message, name, code, "last words"), (failure.Kind, failure.Message, failure.Signal, failure.ExitCode, failure.Stderr));
    }

    [Theory]
    [InlineData(24, 1, 1, "cpu")]
    [InlineData(24, 0, 1, null)]
    [InlineData(25, 0, 1, "scratch")]
    [InlineData(6, 0, 90, "memory")]
    [InlineData(6, 0, 89, null)]
    public void Map_CrashAtALimit_NamesIt(int signal, double cpuLimit, int peakMiB, string? limit)
    {
        var end = End() with { Exit = Exit(signal, peakBytes: (long)peakMiB * MiB), Limits = new RunLimits(100 * MiB, cpuLimit, 1) };

        Assert.Equal(limit, HostOutcomeMapper.Map(end, s_submission).Failure!.Limit);
    }

    [Theory]
    [InlineData(-1, 95, "memory")]
    [InlineData(-1, 50, null)]
    [InlineData(-3, 95, null)]
    public void Map_ErrorAtTheMemoryLimit_NamesIt(int status, int peakMiB, string? limit)
    {
        var reply = Reply((HostStatus)status, "") with { PeakMemoryBytes = (ulong)peakMiB * MiB };
        var end = End() with { Reply = reply, Limits = new RunLimits(100 * MiB, 0, 1) };

        Assert.Equal(limit, HostOutcomeMapper.Map(end, s_submission).Failure!.Limit);
    }

    [Fact]
    public void Map_BrokenChannel_SaysSo()
    {
        var mapped = HostOutcomeMapper.Map(End() with { ChannelProblem = "noise", Exit = Exit(signal: 9) }, s_submission);

        Assert.Equal("The native code broke the channel of its host (noise) at 40 %, working", mapped.Failure!.Message);
    }

    private static AttemptEnd End() => new() { Stopped = StopReason.None, Last = new StatusSample(3, 40, "working") };

    private static HostExit Exit(int? signal = null, int? exitCode = null, long peakBytes = 0) => new(exitCode, signal, CpuSeconds: 0.1, peakBytes, Swept: 0);

    private static FinishedReply Reply(HostStatus status, string message) => new()
    {
        Sequence = 1,
        Status = status,
        Message = message,
        CpuSeconds = 0,
        TotalCpuSeconds = 0,
        PeakMemoryBytes = 0,
        MemoryBytes = 0,
        Flags = FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked,
    };
}
