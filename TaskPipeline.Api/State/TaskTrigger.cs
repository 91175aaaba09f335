using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.State;

/// <summary>Everything that can happen to a task that exists. A closed set.</summary>
public abstract record TaskTrigger
{
    private TaskTrigger()
    {
    }

    /// <summary>A worker asks for the task.</summary>
    public sealed record Claim(int Dispatch, string ClaimId, string Worker) : TaskTrigger;

    /// <summary>A running attempt made progress.</summary>
    public sealed record Progress(int Attempt, string ClaimId, int Sequence, int Percent, string? Stage) : TaskTrigger;

    /// <summary>An attempt ended.</summary>
    public sealed record Finish(FinishedReport Report) : TaskTrigger;

    /// <summary>A worker gave an attempt back.</summary>
    public sealed record Release(int Attempt, string ClaimId, int Sequence, ReleaseReason Reason) : TaskTrigger;

    /// <summary>The client cancels.</summary>
    public sealed record Cancel : TaskTrigger;

    /// <summary>Its timer is due: publish, publish again, expire, or give the attempt up. Which, the record says.</summary>
    /// <param name="Published">Whether the broker confirmed the newest dispatch.</param>
    /// <param name="Ticket">The timer as it was taken; the store refuses the trigger when the timer has moved since, as it does when a lease is renewed in between.</param>
    public sealed record TimerDue(bool Published, long Ticket) : TaskTrigger;

    /// <summary>The broker gave a dispatch up.</summary>
    public sealed record DeadLettered(int Dispatch) : TaskTrigger;
}
