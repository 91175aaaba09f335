using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.State;

/// <summary>What happens to a task when its attempt ends: by a report of its worker, or because the worker fell silent.</summary>
internal static class AttemptTransitions
{
    public static TransitionResult Finish(TaskRecord record, FinishedReport report, DateTimeOffset now, LifecycleOptions options)
    {
        if (!Holds(record, report.Attempt, report.ClaimId))
        {
            return RepeatOrLate(record, report.Attempt, report.ClaimId, report.Sequence);
        }

        var ended = Close(record, report.Outcome, report.Failure, report.Sequence, now) with
        {
            Progress = report.Outcome == TaskOutcome.Completed ? 100 : Math.Clamp(report.Percent ?? record.Progress, 0, 100),
            Stage = report.Stage ?? record.Stage,
            Usage = report.Usage,
        };

        // Cancel wins: whatever the attempt achieved comes too late.
        return record.CancelRequested || report.Outcome == TaskOutcome.Cancelled
            ? Transitions.End(ended with { CancelRequested = true, StopConfirmed = true }, TaskState.Cancelled, failure: null, now)
            : Decide(ended, report, now, options);
    }

    public static TransitionResult Release(TaskRecord record, TaskTrigger.Release release, DateTimeOffset now, LifecycleOptions options)
    {
        if (!Holds(record, release.Attempt, release.ClaimId))
        {
            return RepeatOrLate(record, release.Attempt, release.ClaimId, release.Sequence);
        }

        var ended = Close(record, TaskOutcome.Released, failure: null, release.Sequence, now);
        if (record.CancelRequested)
        {
            return Transitions.End(ended with { StopConfirmed = true }, TaskState.Cancelled, failure: null, now);
        }

        if (release.Reason == ReleaseReason.Draining)
        {
            return Transitions.Dispatch(ended with { Misses = 0 }, now, options);
        }

        // The next worker may well be able to: at once the first time, then 1, 2, 4 … seconds later.
        var missed = ended with { Misses = ended.Misses + 1 };
        return missed.Misses == 1
            ? Transitions.Dispatch(missed, now, options)
            : Transitions.Wait(missed, Transitions.BackOff(missed, missed.Misses - 1, TimeSpan.FromSeconds(1), options.MaxRetryDelay), now);
    }

    /// <summary>The lease ended.</summary>
    public static TransitionResult Lose(TaskRecord record, DateTimeOffset now, LifecycleOptions options)
    {
        var failure = new TaskFailure { Kind = FailureKinds.Lost, Message = $"Worker {record.Worker} was not heard of for longer than its lease" };
        var ended = Close(record, TaskOutcome.Lost, failure, sequence: 0, now) with { LostAttempts = record.LostAttempts + 1 };
        if (record.CancelRequested)
        {
            return Transitions.End(ended with { StopConfirmed = false }, TaskState.Cancelled, failure: null, now);
        }

        return ended.LostAttempts >= options.MaxLostAttempts
            ? Transitions.End(ended, TaskState.Failed, failure, now)
            : Transitions.Wait(ended, Transitions.BackOff(ended, ended.LostAttempts, options.RetryDelay, options.MaxRetryDelay), now);
    }

    private static TransitionResult.Applied Decide(TaskRecord ended, FinishedReport report, DateTimeOffset now, LifecycleOptions options)
    {
        switch (report.Outcome)
        {
            case TaskOutcome.Completed:
                return Transitions.End(ended, TaskState.Completed, failure: null, now);

            case TaskOutcome.TimedOut:
                return Transitions.End(ended, TaskState.TimedOut, report.Failure, now);

            case TaskOutcome.Error when !report.Retryable:
                return Transitions.End(ended, TaskState.Failed, report.Failure, now);

            case TaskOutcome.Error:
                return RetryOrFail(ended with { FailedAttempts = ended.FailedAttempts + 1 }, report.Failure, mayRetry: true, now, options);

            case TaskOutcome.Crash:
                // One retry in a task's life follows a crash: code that crashed twice would crash for ever.
                var crashed = ended with { FailedAttempts = ended.FailedAttempts + 1, Crashes = ended.Crashes + 1 };
                return RetryOrFail(crashed, report.Failure, crashed.Crashes == 1, now, options);

            case TaskOutcome.Cancelled:
            case TaskOutcome.Lost:
            case TaskOutcome.Released:
            default:
                throw new ArgumentOutOfRangeException(nameof(report), report.Outcome, "not an outcome that a finished report may have");
        }
    }

    private static TransitionResult.Applied RetryOrFail(TaskRecord ended, TaskFailure? failure, bool mayRetry, DateTimeOffset now, LifecycleOptions options) =>
        mayRetry && ended.FailedAttempts < ended.Submission.MaxAttempts
            ? Transitions.Wait(ended, Transitions.BackOff(ended, ended.FailedAttempts, options.RetryDelay, options.MaxRetryDelay), now)
            : Transitions.End(ended, TaskState.Failed, failure, now);

    private static bool Holds(TaskRecord record, int attempt, string claimId) =>
        record.State == TaskState.Processing && record.Attempt == attempt && record.ClaimId == claimId;

    /// <summary>A report that ended its attempt before is answered like the first time; any other comes too late.</summary>
    private static TransitionResult RepeatOrLate(TaskRecord record, int attempt, string claimId, int sequence)
    {
        var repeated = record.Attempts.Any(entry =>
            entry.Attempt == attempt && entry.ClaimId == claimId && entry.FinalSequence == sequence && sequence > 0);
        return repeated ? new TransitionResult.Unchanged(record) : new TransitionResult.Refused(record, RefusalReason.Stale);
    }

    private static TaskRecord Close(TaskRecord record, TaskOutcome outcome, TaskFailure? failure, int sequence, DateTimeOffset now)
    {
        var last = record.Attempts[^1] with { FinishedAt = now, Outcome = outcome, Failure = failure, FinalSequence = sequence };
        return record with { Attempts = [.. record.Attempts.Take(record.Attempts.Count - 1), last] };
    }
}
