using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.State;

public sealed class TaskStateMachineTests
{
    private static readonly DateTimeOffset s_now = Records.Start.AddMinutes(1);

    [Fact]
    public void Claim_SameClaimAgain_IsAnsweredLikeTheFirst()
    {
        var record = Records.Processing();

        var result = Apply(record, new TaskTrigger.Claim(1, "claim-1", "worker-1"));

        var unchanged = Assert.IsType<TransitionResult.Unchanged>(result);
        Assert.Equal(1, unchanged.Record.Attempt);
        Assert.Equal(s_now + Records.Options.Lease, unchanged.Timer);
    }

    [Fact]
    public void Claim_OlderDispatch_IsStale() =>
        Assert.Equal(RefusalReason.Stale, Refusal(Records.Pending() with { Dispatch = 2 }, new TaskTrigger.Claim(1, "claim", "worker")));

    [Fact]
    public void Claim_BeforeTheRetryIsDue_IsStale() =>
        Assert.Equal(RefusalReason.Stale, Refusal(Records.Pending() with { NextAttemptAt = s_now.AddTicks(1) }, new TaskTrigger.Claim(1, "claim", "worker")));

    [Fact]
    public void Claim_AfterTheStartDeadline_IsStale()
    {
        var record = Records.Pending();

        var result = TaskStateMachine.Apply(record, new TaskTrigger.Claim(1, "claim", "worker"), record.Submission.StartBefore, Records.Options);

        Assert.Equal(RefusalReason.Stale, Assert.IsType<TransitionResult.Refused>(result).Reason);
    }

    [Fact]
    public void Progress_SequenceNotHigher_ChangesNothing()
    {
        var record = Records.Then(Records.Processing(), new TaskTrigger.Progress(1, "claim-1", 5, 40, "counting"), s_now);

        Assert.IsType<TransitionResult.Unchanged>(Apply(record, new TaskTrigger.Progress(1, "claim-1", 5, 90, "later")));
        Assert.Equal(40, record.Progress);
    }

    [Fact]
    public void Finish_RepeatedAfterARetryWasDecided_IsAnsweredLikeTheFirst()
    {
        var processing = Records.Processing();
        var crash = Records.Finish(processing, TaskOutcome.Crash);
        var waiting = Records.Then(processing, crash, s_now);

        Assert.IsType<TransitionResult.Unchanged>(Apply(waiting, crash));
        Assert.Equal(RefusalReason.Stale, Refusal(waiting, Records.Finish(processing, TaskOutcome.Completed, sequence: 11)));
    }

    [Fact]
    public void Finish_SecondCrash_FailsTheTaskWithAttemptsLeft()
    {
        var record = Crash(Crash(Records.Processing(maxAttempts: 20)));

        Assert.Equal(TaskState.Failed, record.State);
        Assert.Equal(2, record.Attempts.Count);
        Assert.All(record.Attempts, attempt => Assert.Equal(TaskOutcome.Crash, attempt.Outcome));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Finish_RetryableErrors_EndAfterMaxAttempts(int maxAttempts)
    {
        var record = Records.Processing(maxAttempts);
        var attempts = 1;
        while (true)
        {
            record = Records.Then(record, Records.Finish(record, TaskOutcome.Error, retryable: true), s_now);
            if (record.IsTerminal)
            {
                break;
            }

            attempts++;
            record = Reclaim(record);
        }

        Assert.Equal(maxAttempts, attempts);
        Assert.Equal(TaskState.Failed, record.State);
    }

    [Fact]
    public void Release_AnyNumberOfTimes_CostsNoAttempt()
    {
        var record = Records.Processing(maxAttempts: 1);
        for (var n = 0; n < 30; n++)
        {
            var released = Assert.IsType<TransitionResult.Applied>(
                Apply(record, new TaskTrigger.Release(record.Attempt, record.ClaimId!, 2, ReleaseReason.Draining)));
            Assert.True(released.Publish);
            record = Records.Then(released.Record, new TaskTrigger.Claim(released.Record.Dispatch, $"claim-{n + 2}", "worker"), s_now);
        }

        Assert.Equal(TaskState.Processing, record.State);
        Assert.Equal(31, record.Attempt);
        Assert.Equal(TaskStateMachine.MaxHistory, record.Attempts.Count);
        Assert.Equal(31, record.Attempts[^1].Attempt);
    }

    [Fact]
    public void Release_AlgorithmMissing_WaitsLongerEachTime()
    {
        var record = Records.Processing();
        var waits = new List<TimeSpan>();
        for (var n = 0; n < 10; n++)
        {
            var applied = Assert.IsType<TransitionResult.Applied>(
                Apply(record, new TaskTrigger.Release(record.Attempt, record.ClaimId!, 2, ReleaseReason.AlgorithmMissing)));
            waits.Add(applied.Publish ? TimeSpan.Zero : applied.Timer!.Value - s_now);
            record = applied.Publish
                ? Records.Then(applied.Record, new TaskTrigger.Claim(applied.Record.Dispatch, $"claim-{n}", "worker"), s_now)
                : Reclaim(applied.Record);
        }

        Assert.Equal(TimeSpan.Zero, waits[0]);
        Assert.InRange(waits[1].TotalSeconds, 0.75, 1.25);
        Assert.InRange(waits[3].TotalSeconds, 3, 5);
        Assert.InRange(waits[9].TotalSeconds, 45, 75);
    }

    [Fact]
    public void TimerDue_ThirdLostWorker_FailsTheTask()
    {
        var record = Records.Processing(maxAttempts: 1);
        record = Reclaim(Records.Then(record, new TaskTrigger.TimerDue(true, 0), s_now));
        record = Reclaim(Records.Then(record, new TaskTrigger.TimerDue(true, 0), s_now));

        record = Records.Then(record, new TaskTrigger.TimerDue(true, 0), s_now);

        Assert.Equal(TaskState.Failed, record.State);
        Assert.Equal(FailureKinds.Lost, record.Failure!.Kind);
    }

    [Fact]
    public void TimerDue_LeaseEndsWithACancelStored_EndsCancelledUnconfirmed()
    {
        var record = Records.Then(Records.Processing(), new TaskTrigger.Cancel(), s_now);

        record = Records.Then(record, new TaskTrigger.TimerDue(true, 0), s_now);

        Assert.Equal(TaskState.Cancelled, record.State);
        Assert.False(record.StopConfirmed);
    }

    [Fact]
    public void TimerDue_PublishedAndWaiting_StandsAtTheDeadline()
    {
        var record = Records.Pending();

        var unchanged = Assert.IsType<TransitionResult.Unchanged>(Apply(record, new TaskTrigger.TimerDue(Published: true, Ticket: 0)));

        Assert.Equal(record.Submission.StartBefore, unchanged.Timer);
    }

    [Fact]
    public void TimerDue_Unpublished_PublishesTheNextDispatch()
    {
        var applied = Assert.IsType<TransitionResult.Applied>(Apply(Records.Pending(), new TaskTrigger.TimerDue(Published: false, Ticket: 0)));

        Assert.True(applied.Publish);
        Assert.Equal(2, applied.Record.Dispatch);
    }

    [Fact]
    public void TimerDue_AtTheStartDeadline_Expires()
    {
        var record = Records.Pending();

        var result = TaskStateMachine.Apply(record, new TaskTrigger.TimerDue(true, 0), record.Submission.StartBefore, Records.Options);

        var expired = Assert.IsType<TransitionResult.Applied>(result).Record;
        Assert.Equal(FailureKinds.Expired, expired.Failure!.Kind);
    }

    [Fact]
    public void DeadLettered_Twice_FailsTheTask()
    {
        var again = Assert.IsType<TransitionResult.Applied>(Apply(Records.Pending(), new TaskTrigger.DeadLettered(1)));
        Assert.True(again.Publish);

        var failed = Records.Then(again.Record, new TaskTrigger.DeadLettered(2), s_now);

        Assert.Equal(FailureKinds.DeadLettered, failed.Failure!.Kind);
    }

    [Fact]
    public void Cancel_PendingAfterALostWorker_DoesNotClaimThatItStopped()
    {
        var waiting = Records.Then(Records.Processing(), new TaskTrigger.TimerDue(true, 0), s_now);

        Assert.False(Records.Then(waiting, new TaskTrigger.Cancel(), s_now).StopConfirmed);
        Assert.True(Records.Then(Records.Pending(), new TaskTrigger.Cancel(), s_now).StopConfirmed);
    }

    private static TransitionResult Apply(TaskRecord record, TaskTrigger trigger) =>
        TaskStateMachine.Apply(record, trigger, s_now, Records.Options);

    private static RefusalReason Refusal(TaskRecord record, TaskTrigger trigger) =>
        Assert.IsType<TransitionResult.Refused>(Apply(record, trigger)).Reason;

    private static TaskRecord Crash(TaskRecord record)
    {
        var crashed = Records.Then(record, Records.Finish(record, TaskOutcome.Crash), s_now);
        return crashed.IsTerminal ? crashed : Reclaim(crashed);
    }

    /// <summary>Serves the timer of a waiting task and claims it.</summary>
    private static TaskRecord Reclaim(TaskRecord waiting)
    {
        var due = waiting.NextAttemptAt!.Value;
        var published = Records.Then(waiting, new TaskTrigger.TimerDue(Published: true, Ticket: 0), due);
        return Records.Then(published, new TaskTrigger.Claim(published.Dispatch, $"claim-{published.Dispatch}", "worker"), due);
    }
}
