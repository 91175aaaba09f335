using CsCheck;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Two replicas that do things to one task at the same time, thousands of times, with everything that can happen to it.</summary>
public abstract class TaskStoreRaceTests(StoreSite site, int batches)
{
    private const int TasksPerBatch = 100;

    private static readonly TaskOutcome[] s_outcomes = [TaskOutcome.Completed, TaskOutcome.Error, TaskOutcome.Crash, TaskOutcome.TimedOut, TaskOutcome.Cancelled];

    /// <summary>An attempt and its claim, which may or may not be those that hold the task.</summary>
    private static readonly Gen<(int Attempt, string Claim)> s_holder = Gen.Select(Gen.Int[1, 2], Gen.Int[1, 2], (attempt, claim) => (attempt, $"claim-{claim}"));

    private static readonly Gen<TaskTrigger[]> s_triggers = Gen.OneOf(
        Gen.Select(Gen.Int[1, 3], s_holder, (dispatch, holder) => (TaskTrigger)new TaskTrigger.Claim(dispatch, holder.Claim, "worker")),
        Gen.Select(Gen.Int[1, 5], s_holder, (sequence, holder) => (TaskTrigger)new TaskTrigger.Progress(holder.Attempt, holder.Claim, sequence, sequence * 10, "stage")),
        Gen.Select(Gen.Int[0, s_outcomes.Length - 1], s_holder, (outcome, holder) => (TaskTrigger)Finish(holder.Attempt, holder.Claim, s_outcomes[outcome])),
        Gen.Select(Gen.Enum<ReleaseReason>(), s_holder, (reason, holder) => (TaskTrigger)new TaskTrigger.Release(holder.Attempt, holder.Claim, 900, reason)),
        Gen.Const((TaskTrigger)new TaskTrigger.Cancel()),
        Gen.Int[1, 2].Select(dispatch => (TaskTrigger)new TaskTrigger.DeadLettered(dispatch))).Array[1, 5];

    [Fact]
    public async Task Apply_ByTwoReplicasAtOnce_IsOneOrderOfWholeSteps()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();

        var races = 0;
        await Gen.Select(s_triggers, s_triggers).Array[TasksPerBatch].SampleAsync(
            batch => Task.WhenAll(batch.Select(async pair =>
            {
                await RaceAsync(store, other, pair.Item1, pair.Item2);
                Interlocked.Increment(ref races);
            })),
            iter: batches, threads: 1);
        Assert.Equal(batches * TasksPerBatch, races);

        // What is counted beside the tasks agrees with them after all races.
        var unpublished = 0;
        foreach (var shard in store.Shards.All)
        {
            foreach (var id in await store.Database.SortedSetRangeByRankAsync(shard.Timers))
            {
                unpublished += (await store.Database.HashGetAsync($"{shard.TaskPrefix}{id}", "u")).IsNullOrEmpty ? 0 : 1;
            }
        }

        Assert.Equal(unpublished, await store.UnpublishedAsync());
    }

    private static async Task RaceAsync(TestStore store, TestStore other, TaskTrigger[] ones, TaskTrigger[] others)
    {
        var record = await store.SubmitAsync();
        var results = (await Task.WhenAll(ApplyAllAsync(store, record.Id, ones), ApplyAllAsync(other, record.Id, others))).SelectMany(some => some).ToArray();

        // Every step that was applied is a version of its own, and each follows from the one before.
        var steps = results.Where(step => step.Result is TransitionResult.Applied).OrderBy(step => Record(step).Version).ToArray();
        Assert.Equal(Enumerable.Range(2, steps.Length).Select(version => (long)version), steps.Select(step => Record(step).Version));
        var before = record;
        foreach (var step in steps)
        {
            Assert.False(before.IsTerminal);
            var after = Record(step);
            var replayed = Assert.IsType<TransitionResult.Applied>(TaskStateMachine.Apply(before, step.Trigger, After(before, after), store.Lifecycle)).Record;
            Assert.Equal((after.State, after.Attempt, after.Dispatch, after.CancelRequested), (replayed.State, replayed.Attempt, replayed.Dispatch, replayed.CancelRequested));
            Assert.True(!before.CancelRequested || after is { CancelRequested: true, IsTerminal: false } or { State: TaskState.Cancelled });
            before = after;
        }

        // What is stored is the last of them, with a timer as long as it lives.
        var stored = await store.GetAsync(record.Id);
        Assert.Equal((before.Version, before.State), (stored.Version, stored.State));
        Assert.Equal(stored.IsTerminal, await store.TimerAsync(record.Id) is null);
    }

    private static async Task<List<(TaskTrigger Trigger, TransitionResult? Result)>> ApplyAllAsync(TestStore store, TaskId id, TaskTrigger[] triggers)
    {
        var results = new List<(TaskTrigger, TransitionResult?)>();
        foreach (var trigger in triggers)
        {
            var whole = trigger is TaskTrigger.Finish finish ? new TaskTrigger.Finish(finish.Report with { TaskId = id }) : trigger;
            results.Add((whole, await store.ApplyAsync(id, whole)));
        }

        return results;
    }

    private static TaskRecord Record((TaskTrigger Trigger, TransitionResult? Result) step) => ((TransitionResult.Applied)step.Result!).Record;

    /// <summary>A time at which the step is possible: no trigger here waits for one.</summary>
    private static DateTimeOffset After(TaskRecord before, TaskRecord after) =>
        after.FinishedAt ?? after.StartedAt ?? before.NextAttemptAt ?? before.CreatedAt;

    private static TaskTrigger.Finish Finish(int attempt, string claim, TaskOutcome outcome) => new(new FinishedReport
    {
        Worker = "worker",
        TaskId = default,
        ClaimId = claim,
        Attempt = attempt,
        Sequence = 1_000,
        Outcome = outcome,
        Retryable = outcome == TaskOutcome.Error,
        Result = outcome == TaskOutcome.Completed ? "{}"u8.ToArray() : default(ReadOnlyMemory<byte>?),
        Failure = outcome is TaskOutcome.Completed or TaskOutcome.Cancelled ? null : new TaskFailure { Kind = FailureKinds.Error, Message = "it failed" },
    });
}
