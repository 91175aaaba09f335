namespace TaskPipeline.Api.State;

/// <summary>What a trigger does to a record.</summary>
public abstract record TransitionResult
{
    private TransitionResult()
    {
    }

    /// <summary>The trigger changes the task.</summary>
    /// <param name="Record">The next record.</param>
    /// <param name="Timer">When the task must be looked at next; null for a terminal task.</param>
    /// <param name="Publish">Whether the newest dispatch is to be published now.</param>
    public sealed record Applied(TaskRecord Record, DateTimeOffset? Timer, bool Publish) : TransitionResult;

    /// <summary>The trigger is a repeat, or has nothing to do: answer as the first time.</summary>
    /// <param name="Record">The record as it is.</param>
    /// <param name="Timer">When the task must be looked at next; null leaves its timer as it stands.</param>
    public sealed record Unchanged(TaskRecord Record, DateTimeOffset? Timer = null) : TransitionResult;

    /// <summary>The trigger does not fit the state.</summary>
    /// <param name="Record">The record as it is.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(TaskRecord Record, RefusalReason Reason) : TransitionResult;
}
