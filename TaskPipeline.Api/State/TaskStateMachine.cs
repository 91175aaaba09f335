using TaskPipeline.Contracts;

namespace TaskPipeline.Api.State;

/// <summary>
/// The life of a task as one pure function: no clock, no store, no logger. The table in docs/task-states.md is tested
/// against it. A terminal record never changes, and once a cancel is stored the task can only end cancelled.
/// </summary>
public static class TaskStateMachine
{
    /// <summary>How many attempts the history keeps.</summary>
    public const int MaxHistory = 20;

    /// <summary>Says what a trigger does to a record at a time.</summary>
    /// <param name="record">The record as it is stored.</param>
    /// <param name="trigger">What happened.</param>
    /// <param name="now">The time by the clock of the store.</param>
    /// <param name="options">The times and budgets.</param>
    public static TransitionResult Apply(TaskRecord record, TaskTrigger trigger, DateTimeOffset now, LifecycleOptions options) => trigger switch
    {
        TaskTrigger.Claim claim => Claim(record, claim, now, options),
        TaskTrigger.Progress progress => Progress(record, progress, now, options),
        TaskTrigger.Finish finish => AttemptTransitions.Finish(record, finish.Report, now, options),
        TaskTrigger.Release release => AttemptTransitions.Release(record, release, now, options),
        TaskTrigger.Cancel => Cancel(record, now, options),
        TaskTrigger.TimerDue due => TimerDue(record, due.Published, now, options),
        TaskTrigger.DeadLettered dead => DeadLettered(record, dead.Dispatch, now, options),
        _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, "not a trigger"),
    };

    /// <summary>Until when a pending task may wait for its start.</summary>
    public static DateTimeOffset StartDeadline(TaskRecord record, LifecycleOptions options)
    {
        // A task that has started once has met its client's deadline; waiting for another attempt is bounded anew.
        var lastEnd = record.Attempts.Count > 0 ? record.Attempts[^1].FinishedAt : null;
        var again = lastEnd + options.StartDeadline;
        return again > record.Submission.StartBefore ? again.Value : record.Submission.StartBefore;
    }

    private static TransitionResult Claim(TaskRecord record, TaskTrigger.Claim claim, DateTimeOffset now, LifecycleOptions options)
    {
        switch (record.State)
        {
            case TaskState.Pending:
                if (claim.Dispatch != record.Dispatch || record.NextAttemptAt > now || record.Submission.NotBefore > now
                    || now >= StartDeadline(record, options))
                {
                    return new TransitionResult.Refused(record, RefusalReason.Stale);
                }

                return Grant(record, claim, now, options);

            case TaskState.Processing:
                // The answer to an earlier ask of the same claim was lost: it gets the same one again.
                return record.ClaimId == claim.ClaimId
                    ? new TransitionResult.Unchanged(record, now + options.Lease)
                    : new TransitionResult.Refused(record, claim.Dispatch == record.Dispatch ? RefusalReason.Busy : RefusalReason.Stale);

            default:
                return new TransitionResult.Refused(record, record.State == TaskState.Cancelled ? RefusalReason.Cancelled : RefusalReason.Stale);
        }
    }

    private static TransitionResult.Applied Grant(TaskRecord record, TaskTrigger.Claim claim, DateTimeOffset now, LifecycleOptions options)
    {
        var attempt = record.Attempt + 1;
        var entry = new AttemptRecord { Attempt = attempt, Worker = claim.Worker, ClaimId = claim.ClaimId, StartedAt = now };
        return new TransitionResult.Applied(
            record with
            {
                Version = record.Version + 1,
                State = TaskState.Processing,
                Attempt = attempt,
                ClaimId = claim.ClaimId,
                Worker = claim.Worker,
                StartedAt = now,
                Progress = 0,
                Stage = null,
                Sequence = 0,
                Usage = null,
                NextAttemptAt = null,
                Attempts = [.. record.Attempts.Skip(record.Attempts.Count - MaxHistory + 1), entry],
            },
            now + options.Lease,
            Publish: false);
    }

    private static TransitionResult Progress(TaskRecord record, TaskTrigger.Progress progress, DateTimeOffset now, LifecycleOptions options)
    {
        if (record.State != TaskState.Processing || record.Attempt != progress.Attempt || record.ClaimId != progress.ClaimId)
        {
            return new TransitionResult.Refused(record, RefusalReason.Stale);
        }

        if (progress.Sequence <= record.Sequence)
        {
            return new TransitionResult.Unchanged(record);
        }

        return new TransitionResult.Applied(
            record with
            {
                Version = record.Version + 1,
                Sequence = progress.Sequence,
                Progress = Math.Clamp(progress.Percent, 0, 100),
                Stage = progress.Stage ?? record.Stage,
            },
            now + options.Lease,
            Publish: false);
    }

    private static TransitionResult Cancel(TaskRecord record, DateTimeOffset now, LifecycleOptions options)
    {
        switch (record.State)
        {
            case TaskState.Pending:
                // Nothing of it runs, unless an attempt was given up because its worker fell silent: it may run there still.
                var mayRun = record.Attempts.Count > 0 && record.Attempts[^1].Outcome == TaskOutcome.Lost;
                return Transitions.End(record with { CancelRequested = true, StopConfirmed = !mayRun }, TaskState.Cancelled, failure: null, now);

            case TaskState.Processing:
                return record.CancelRequested
                    ? new TransitionResult.Unchanged(record)
                    : new TransitionResult.Applied(record with { Version = record.Version + 1, CancelRequested = true }, now + options.Lease, Publish: false);

            case TaskState.Cancelled:
                return new TransitionResult.Unchanged(record);

            default:
                return new TransitionResult.Refused(record, RefusalReason.Ended);
        }
    }

    private static TransitionResult TimerDue(TaskRecord record, bool published, DateTimeOffset now, LifecycleOptions options) => record.State switch
    {
        TaskState.Pending => PendingTimerDue(record, published, now, options),
        TaskState.Processing => AttemptTransitions.Lose(record, now, options),
        // A timer that outlived its task does nothing.
        _ => new TransitionResult.Unchanged(record),
    };

    private static TransitionResult PendingTimerDue(TaskRecord record, bool published, DateTimeOffset now, LifecycleOptions options)
    {
        var deadline = StartDeadline(record, options);
        if (now >= deadline)
        {
            var failure = new TaskFailure { Kind = FailureKinds.Expired, Message = "It was not started before its deadline" };
            return Transitions.End(record, TaskState.Failed, failure, now);
        }

        var due = record.NextAttemptAt ?? record.Submission.NotBefore;
        if (due > now)
        {
            return new TransitionResult.Unchanged(record, due < deadline ? due : deadline);
        }

        var waits = record.Dispatch == 0 || record.NextAttemptAt is not null;
        return published && !waits
            ? new TransitionResult.Unchanged(record, deadline)
            : Transitions.Dispatch(record, now, options);
    }

    private static TransitionResult DeadLettered(TaskRecord record, int dispatch, DateTimeOffset now, LifecycleOptions options)
    {
        if (record.State != TaskState.Pending || record.Dispatch != dispatch || record.NextAttemptAt is not null)
        {
            return new TransitionResult.Refused(record, RefusalReason.Stale);
        }

        var counted = record with { DeadLetters = record.DeadLetters + 1 };
        if (counted.DeadLetters < 2)
        {
            return Transitions.Dispatch(counted, now, options);
        }

        var failure = new TaskFailure { Kind = FailureKinds.DeadLettered, Message = "The broker gave its message up twice" };
        return Transitions.End(counted, TaskState.Failed, failure, now);
    }
}
