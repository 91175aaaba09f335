using System.Text.Json.Serialization;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.State;

/// <summary>
/// The stored state of a task, without its input, result and output: an immutable snapshot that every stored change
/// replaces. <see cref="TaskStateMachine"/> is the only code that makes the next one.
/// </summary>
public sealed record TaskRecord
{
    public required TaskId Id { get; init; }

    /// <summary>Rises by one with each stored change, from 1.</summary>
    public required long Version { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required TaskState State { get; init; }

    public required TaskSubmission Submission { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required Lane Lane { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The number of the newest dispatch; 0 before the first.</summary>
    public int Dispatch { get; init; }

    /// <summary>The number of the newest attempt; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>The claim that holds the task; null unless processing.</summary>
    public string? ClaimId { get; init; }

    /// <summary>The worker of the newest attempt.</summary>
    public string? Worker { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int Progress { get; init; }

    public string? Stage { get; init; }

    /// <summary>The highest sequence of a report of the newest attempt that was stored.</summary>
    public int Sequence { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>For cancelled tasks: whether the processes were seen to be gone; null while unknown.</summary>
    public bool? StopConfirmed { get; init; }

    /// <summary>When a task that waits for a retry, or to be offered again, is due; null otherwise.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public TaskFailure? Failure { get; init; }

    public TaskUsage? Usage { get; init; }

    /// <summary>Attempts that ended in a retryable error or a crash.</summary>
    public int FailedAttempts { get; init; }

    public int Crashes { get; init; }

    public int LostAttempts { get; init; }

    /// <summary>Releases in a row because no worker had the algorithm.</summary>
    public int Misses { get; init; }

    public int DeadLetters { get; init; }

    /// <summary>The last 20 attempts, oldest first.</summary>
    public IReadOnlyList<AttemptRecord> Attempts { get; init; } = [];

    /// <summary>The W3C trace context of the submission.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whose task it is; null when not told.</summary>
    public string? Client { get; init; }

    /// <summary>Which runs of the algorithm its own is like; null when not known.</summary>
    public string? RunClass { get; init; }

    /// <summary>The wait that its place was expected to mean, in seconds; null when not known.</summary>
    public double? ExpectedWaitSeconds { get; init; }

    /// <summary>The hash of its idempotency key, whose entry ends with the task; null without one.</summary>
    public string? IdempotencyHash { get; init; }

    /// <summary>Where its end is told besides its own channel: the replica whose client waits for it, and a number there, as <c>replica/number</c>; null when nobody asked for it.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Whether it has ended for good.</summary>
    [JsonIgnore]
    public bool IsTerminal => State is not (TaskState.Pending or TaskState.Processing);
}
