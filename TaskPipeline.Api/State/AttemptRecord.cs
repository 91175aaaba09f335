using TaskPipeline.Contracts;

namespace TaskPipeline.Api.State;

/// <summary>One attempt in a task's history.</summary>
public sealed record AttemptRecord
{
    public required int Attempt { get; init; }

    public required string Worker { get; init; }

    public required string ClaimId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Null while it runs.</summary>
    public TaskOutcome? Outcome { get; init; }

    public TaskFailure? Failure { get; init; }

    /// <summary>The sequence of the report that ended it, so that a repeat is recognised; 0 while it runs or when none did.</summary>
    public int FinalSequence { get; init; }
}
