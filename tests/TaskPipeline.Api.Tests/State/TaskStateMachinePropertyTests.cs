using CsCheck;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.State;

/// <summary>What holds after any sequence of triggers at any times.</summary>
public sealed class TaskStateMachinePropertyTests
{
    private static readonly LifecycleOptions s_options = Records.Options;

    /// <summary>A step: what happens, and how long after the one before.</summary>
    private static readonly Gen<(int Kind, int Seconds)> s_step = Gen.Select(Gen.Int[0, 13], Gen.OneOf(Gen.Int[0, 3], Gen.Int[0, 100], Gen.Int[0, 1_000_000]));

    [Fact]
    public void AnySequence_OfTriggers_KeepsEveryPromise() =>
        Gen.Select(Gen.Int[1, 20], s_step.Array[1, 120]).Sample((maxAttempts, steps) =>
        {
            var record = Records.Pending(maxAttempts);
            var now = Records.Start;
            foreach (var (kind, seconds) in steps)
            {
                now += TimeSpan.FromSeconds(seconds);
                var result = TaskStateMachine.Apply(record, Trigger(kind, record), now, s_options);
                record = result is TransitionResult.Applied applied ? Check(record, applied, now) : CheckUnchanged(record, result);
            }
        }, iter: 3_000);

    [Fact]
    public void AnyCancelledTask_WhateverFollows_EndsCancelled() =>
        Gen.Select(Gen.Bool, s_step.Array[1, 60]).Sample((claimed, steps) =>
        {
            var record = claimed ? Records.Processing() : Records.Pending();
            var now = Records.Start.AddSeconds(2);
            record = Records.Then(record, new TaskTrigger.Cancel(), now);
            foreach (var (kind, seconds) in steps)
            {
                now += TimeSpan.FromSeconds(seconds);
                record = TaskStateMachine.Apply(record, Trigger(kind, record), now, s_options) is TransitionResult.Applied applied ? applied.Record : record;
                Assert.True(record.CancelRequested);
                Assert.True(record.State is TaskState.Processing or TaskState.Cancelled);
            }

            // The lease of whoever holds it ends some time.
            var ended = record.IsTerminal ? record : Records.Then(record, new TaskTrigger.TimerDue(Published: true, Ticket: 0), now);
            Assert.Equal(TaskState.Cancelled, ended.State);
            Assert.NotNull(ended.StopConfirmed);
        }, iter: 1_000);

    [Fact]
    public void BackOff_OfAnyTry_StaysWithinItsBounds() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[1, 10_000], Gen.Int[1, 100]).Sample((number, firstMilliseconds, factor) =>
        {
            var first = TimeSpan.FromMilliseconds(firstMilliseconds);
            var longest = first * factor;

            var wait = Transitions.BackOff(Records.Pending(), number, first, longest);

            var expected = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(number - 1, 30)), longest.TotalMilliseconds);
            Assert.InRange(wait.TotalMilliseconds, (expected * 0.75) - 1, (expected * 1.25) + 1);
        });

    private static TaskRecord Check(TaskRecord before, TransitionResult.Applied applied, DateTimeOffset now)
    {
        var after = applied.Record;
        Assert.False(before.IsTerminal);
        Assert.Equal(before.Version + 1, after.Version);
        Assert.Equal(after.IsTerminal, applied.Timer is null);
        Assert.Equal(after.IsTerminal, after.FinishedAt is not null);
        Assert.True(applied.Timer is null || applied.Timer >= now || applied.Timer == TaskStateMachine.StartDeadline(after, s_options));
        Assert.True(!before.CancelRequested || after.CancelRequested);
        Assert.InRange(after.Attempt - before.Attempt, 0, 1);
        Assert.InRange(after.Dispatch - before.Dispatch, 0, 1);
        Assert.Equal(applied.Publish, after.Dispatch > before.Dispatch);
        Assert.Equal(after.State == TaskState.Processing, after.ClaimId is not null);

        // Attempts that cost something are bounded, whatever is done to the task.
        Assert.InRange(after.FailedAttempts, 0, after.Submission.MaxAttempts);
        Assert.InRange(after.Crashes, 0, 2);
        Assert.InRange(after.LostAttempts, 0, s_options.MaxLostAttempts);
        Assert.InRange(after.DeadLetters, 0, 2);
        Assert.InRange(after.Attempts.Count, 0, TaskStateMachine.MaxHistory);
        Assert.InRange(after.Progress, 0, 100);
        if (after.NextAttemptAt is { } next)
        {
            Assert.InRange(next - now, TimeSpan.Zero, s_options.MaxRetryDelay * 1.25);
        }

        return after;
    }

    private static TaskRecord CheckUnchanged(TaskRecord before, TransitionResult result)
    {
        var same = result switch
        {
            TransitionResult.Unchanged unchanged => unchanged.Record,
            TransitionResult.Refused refused => refused.Record,
            _ => throw new InvalidOperationException($"{result} changes something"),
        };
        Assert.Same(before, same);
        return before;
    }

    private static TaskTrigger Trigger(int kind, TaskRecord record)
    {
        var attempt = Math.Max(record.Attempt, 1);
        var claim = record.ClaimId ?? "nobody";
        return kind switch
        {
            0 or 1 => new TaskTrigger.Claim(record.Dispatch, $"claim-{record.Version}", "worker"),
            2 => new TaskTrigger.Claim(record.Dispatch - 1, "late", "worker"),
            3 => new TaskTrigger.Progress(attempt, claim, record.Sequence + 1, record.Progress + 30, "stage"),
            4 => new TaskTrigger.Progress(attempt - 1, "late", 1, 1, null),
            5 => Records.Finish(record, TaskOutcome.Completed),
            6 => Records.Finish(record, TaskOutcome.Error, retryable: true),
            7 => Records.Finish(record, TaskOutcome.Crash, retryable: true),
            8 => Records.Finish(record, TaskOutcome.TimedOut),
            9 => new TaskTrigger.Release(attempt, claim, 5, ReleaseReason.AlgorithmMissing),
            10 => new TaskTrigger.Release(attempt, claim, 5, ReleaseReason.Draining),
            11 => record.Version % 7 == 0 ? new TaskTrigger.Cancel() : new TaskTrigger.TimerDue(Published: false, Ticket: 0),
            12 => new TaskTrigger.TimerDue(Published: true, Ticket: 0),
            _ => new TaskTrigger.DeadLettered(record.Dispatch),
        };
    }
}
