namespace TaskPipeline.Api.State;

/// <summary>Why a trigger was refused.</summary>
public enum RefusalReason
{
    /// <summary>The task is cancelled or is about to be.</summary>
    Cancelled,

    /// <summary>A newer dispatch, attempt or end has overtaken the trigger.</summary>
    Stale,

    /// <summary>Another claim holds the task.</summary>
    Busy,

    /// <summary>The task has ended otherwise (cancel only).</summary>
    Ended,
}
