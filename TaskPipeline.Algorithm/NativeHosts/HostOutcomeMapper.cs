using TaskPipeline.Contracts;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>What an attempt came to.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Failure">Why; null when completed or cancelled.</param>
/// <param name="Retryable">Whether another attempt may help.</param>
internal sealed record MappedOutcome(TaskOutcome Outcome, TaskFailure? Failure, bool Retryable);

/// <summary>From the end of a run to its outcome. Pure.</summary>
internal static class HostOutcomeMapper
{
    /// <summary>A task that failed with its peak this near to its limit failed because of it.</summary>
    private const double MemoryLimitShare = 0.9;

    /// <summary>The code with which a host exits whose channel was closed under its feet.</summary>
    private const int ChannelExitCode = 74;

    public static MappedOutcome Map(AttemptEnd end, TaskSubmission submission) => end.Stopped switch
    {
        StopReason.Cancelled => new MappedOutcome(TaskOutcome.Cancelled, Failure: null, Retryable: false),
        StopReason.Timeout => TimedOut(end, FailureKinds.Timeout, $"It took longer than {submission.TimeoutSeconds} seconds"),
        StopReason.NoProgress => TimedOut(end, FailureKinds.NoProgress, $"It reported no progress for {submission.NoProgressTimeoutSeconds} seconds"),
        StopReason.ScratchLimit => Crashed(end),
        _ => end.Reply is { } reply ? FromReply(end, reply) : Crashed(end),
    };

    private static MappedOutcome FromReply(AttemptEnd end, FinishedReply reply) => reply.Status switch
    {
        HostStatus.Ok => new MappedOutcome(TaskOutcome.Completed, Failure: null, Retryable: false),
        HostStatus.Error => Error(end, reply, FailureKinds.Error, "The algorithm failed", retryable: false),
        HostStatus.RetryableError => Error(end, reply, FailureKinds.Error, "The algorithm failed and may succeed another time", retryable: true),
        HostStatus.Stopped => Error(end, reply, FailureKinds.Error, "The algorithm stopped without being asked to", retryable: false),
        HostStatus.InvalidInput => Error(end, reply, FailureKinds.Rejected, "The algorithm refused its input", retryable: false),
        HostStatus.ResultTooLarge => Error(end, reply, FailureKinds.Rejected, "The result is larger than 256 KiB", retryable: false),
        HostStatus.ResultNotJson => Error(end, reply, FailureKinds.Rejected, "The result is not JSON", retryable: false),
        HostStatus.AlgorithmMissing => Error(end, reply, FailureKinds.Rejected, "The library does not have the algorithm any more", retryable: false),
        HostStatus.LibraryUnusable => Error(end, reply, FailureKinds.Error, "The library could not be loaded", retryable: true),
        HostStatus.OpenFailed => Error(end, reply, FailureKinds.Error, "The algorithm could not be opened", retryable: true),
        HostStatus.SetupFailed => Error(end, reply, FailureKinds.Error, "The host could not prepare the run", retryable: true),
        _ => throw new ArgumentOutOfRangeException(nameof(reply), reply.Status, "not a status"),
    };

    private static MappedOutcome Error(AttemptEnd end, FinishedReply reply, string kind, string otherwise, bool retryable)
    {
        var failure = new TaskFailure
        {
            Kind = kind,
            Message = reply.Message.Length > 0 ? reply.Message : otherwise,
            Limit = kind == FailureKinds.Error && NearMemoryLimit(end, (long)reply.PeakMemoryBytes) ? "memory" : null,
            Stderr = Stderr(end),
        };
        return new MappedOutcome(TaskOutcome.Error, failure, retryable);
    }

    private static MappedOutcome TimedOut(AttemptEnd end, string kind, string message) =>
        new(TaskOutcome.TimedOut, new TaskFailure { Kind = kind, Message = message, Stderr = Stderr(end) }, Retryable: false);

    private static MappedOutcome Crashed(AttemptEnd end)
    {
        var at = end.Last.Stage is { } stage ? $" at {end.Last.Percent} %, {stage}" : $" at {end.Last.Percent} %";
        var signal = end.Exit?.Signal is { } number ? SignalNames.Of(number) : null;
        var failure = new TaskFailure
        {
            Kind = FailureKinds.Crash,
            Message = $"The native code {How(end, signal)}{at}",
            Signal = signal,
            ExitCode = signal is null ? end.Exit?.ExitCode : null,
            Limit = Limit(end),
            Stderr = Stderr(end),
        };
        return new MappedOutcome(TaskOutcome.Crash, failure, Retryable: true);
    }

    private static string How(AttemptEnd end, string? signal) => end switch
    {
        { Stopped: StopReason.ScratchLimit } => $"filled its scratch folder beyond {end.Limits.ScratchBytes} bytes",
        { ChannelProblem: { } problem } => $"broke the channel of its host ({problem})",
        { Exit.ExitCode: ChannelExitCode } => $"ended with exit code {ChannelExitCode}, as a host does whose channel was closed,",
        _ when signal is not null => $"was ended by {signal}",
        _ => $"ended with exit code {end.Exit?.ExitCode}",
    };

    private static string? Limit(AttemptEnd end) => end switch
    {
        { Stopped: StopReason.ScratchLimit } or { Exit.Signal: SignalNames.FileSizeLimit } => "scratch",
        { Exit.Signal: SignalNames.CpuLimit, Limits.CpuSeconds: > 0 } => "cpu",
        _ => NearMemoryLimit(end, end.Exit?.PeakMemoryBytes) ? "memory" : null,
    };

    private static bool NearMemoryLimit(AttemptEnd end, long? peak) =>
        end.Limits.MemoryBytes > 0 && peak >= end.Limits.MemoryBytes * MemoryLimitShare;

    private static string? Stderr(AttemptEnd end) => end.Errors.Length > 0 ? end.Errors : null;
}
