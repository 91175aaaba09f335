using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>What every store of tasks must do, wherever it lies.</summary>
public abstract class TaskStoreTests(StoreSite site)
{
    private static readonly IdempotencyKey s_key = TestStore.Key("key", shard: 3);

    [Fact]
    public async Task Submit_NewTask_IsReadBackWhole()
    {
        await using var store = await TestStore.CreateAsync(site);

        var record = await store.SubmitAsync(input: "{\"limit\": 10}");

        var task = (await store.FindAsync(record.Id))!;
        Assert.Equal("{\"limit\": 10}"u8.ToArray(), task.Input.ToArray());
        Assert.Equivalent(record, task.Record);
        Assert.Null(task.Result);
        Assert.Equal(record.CreatedAt + store.Lifecycle.RepublishAfter, await store.TimerAsync(record.Id));
        Assert.Equal(1, await store.UnpublishedAsync());
    }

    [Fact]
    public async Task Get_UnknownTask_IsNull()
    {
        await using var store = await TestStore.CreateAsync(site);
        var unknown = TaskId.Create(DateTimeOffset.UnixEpoch);

        Assert.Null(await store.FindAsync(unknown));
        Assert.Null(await store.ApplyAsync(unknown, new TaskTrigger.Cancel()));
        Assert.Empty(await store.KeysAsync());
    }

    [Fact]
    public async Task Submit_SameKey_ReturnsTheTaskOfThen()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync(key: s_key);

        Assert.Equal(record.Id, Assert.IsType<SubmitResult.Existing>(await store.TrySubmitAsync(key: s_key)).Id);
        Assert.IsType<SubmitResult.KeyReused>(await store.TrySubmitAsync(key: s_key with { BodyHash = "other" }));
        Assert.Equal(1, await store.CountAsync(shard => shard.All));
    }

    [Fact]
    public async Task Submit_KeyOfATaskThatIsGone_MakesANewOne()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync(key: s_key);
        await store.Database.KeyDeleteAsync(store.KeyOf(record.Id));

        var again = await store.SubmitAsync(key: s_key);

        Assert.NotEqual(record.Id, again.Id);
        Assert.Equal(again.Id, Assert.IsType<SubmitResult.Existing>(await store.TrySubmitAsync(key: s_key)).Id);
    }

    [Fact]
    public async Task Submit_FiftyAtOnceOverTwoReplicasWithOneKey_MakeOneTask()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => (n % 2 == 0 ? store : other).TrySubmitAsync(key: s_key)));

        var created = Assert.Single(results.OfType<SubmitResult.Created>());
        Assert.Equal(49, results.OfType<SubmitResult.Existing>().Count(existing => existing.Id == created.Record.Id));
        Assert.Equal(1, await store.UnpublishedAsync());
    }

    [Fact]
    public async Task Submit_BacklogAtItsBound_IsFullUntilSomethingIsConfirmed()
    {
        // The part of one shard.
        await using var store = await TestStore.CreateAsync(site, bounds: new TaskStoreOptions { MaxUnpublished = 3 * site.Shards });
        var records = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => store.SubmitAsync(key: TestStore.Key($"{n}", shard: 3))));

        Assert.IsType<SubmitResult.Full>(await store.TrySubmitAsync(key: s_key));
        await store.Store.ConfirmPublishedAsync(records[1], CancellationToken.None);

        Assert.IsType<SubmitResult.Created>(await store.TrySubmitAsync(key: s_key));
    }

    [Fact]
    public async Task Submit_ManyAtOnceBeyondABound_AreTakenUpToIt()
    {
        await using var store = await TestStore.CreateAsync(site, bounds: new TaskStoreOptions { MaxUnpublished = 10 * site.Shards });

        var results = await SubmitManyAsync(store);

        Assert.Equal(10, results.OfType<SubmitResult.Created>().Count());
        Assert.Equal(30, results.OfType<SubmitResult.Full>().Count());
        Assert.Equal(10, await store.UnpublishedAsync());
        var line = await store.Database.SortedSetRangeByRankWithScoresAsync(store.Shards.Of(s_key.Tag).LaneQueue(Lane.Short));
        Assert.Equal(10, line.Select(entry => entry.Score).Distinct().Count());
    }

    [Fact]
    public async Task Submit_ManyAtOnceToAFullLane_FindEachOtherAhead()
    {
        await using var store = await TestStore.CreateAsync(site);
        store.Place = new LanePlace("client", Cost: 1, MaxAhead: 8 * site.Shards, HoldFrom: 1_000 * site.Shards);

        var results = await SubmitManyAsync(store);

        Assert.Equal(Enumerable.Range(0, 8).Select(n => (long)n * site.Shards), results.OfType<SubmitResult.Created>().Select(created => created.Ahead).Order());
        Assert.Equal(32, results.OfType<SubmitResult.Refused>().Count(refused => refused.Ahead == 8 * site.Shards));
    }

    [Fact]
    public async Task Submit_MemoryAtItsBound_IsFull()
    {
        await using var roomy = await TestStore.CreateAsync(site);
        var used = (await roomy.Store.GetUsageAsync(CancellationToken.None)).UsedBytes;
        await using var store = await TestStore.CreateAsync(site, bounds: new TaskStoreOptions { MaxLiveBytes = used / 2 });

        Assert.IsType<SubmitResult.Full>(await store.TrySubmitAsync());
        Assert.Empty(await store.KeysAsync());
    }

    [Fact]
    public async Task Submit_MemoryAtItsBound_AKeyOfBeforeIsAnsweredAsBefore()
    {
        await using var roomy = await TestStore.CreateAsync(site);
        var record = await roomy.SubmitAsync(key: TestStore.Key("accepted"));
        var used = (await roomy.Store.GetUsageAsync(CancellationToken.None)).UsedBytes;
        await using var full = await roomy.ReplicaAsync(bounds: new TaskStoreOptions { MaxLiveBytes = used / 2 });

        Assert.Equal(new SubmitResult.Existing(record.Id), await full.TrySubmitAsync(key: TestStore.Key("accepted")));
        Assert.IsType<SubmitResult.Full>(await full.TrySubmitAsync(key: TestStore.Key("another")));
    }

    [Fact]
    public async Task Unpublished_WhateverEndsTheWait_IsCountedDown()
    {
        await using var store = await TestStore.CreateAsync(site);
        var confirmed = await store.SubmitAsync();
        var cancelled = await store.SubmitAsync();
        var claimed = await store.SubmitAsync();
        Assert.Equal(3, await store.UnpublishedAsync());

        await store.Store.ConfirmPublishedAsync(confirmed, CancellationToken.None);
        await store.Store.ConfirmPublishedAsync(confirmed, CancellationToken.None);
        Assert.Equal(2, await store.UnpublishedAsync());
        await store.AppliedAsync(cancelled.Id, new TaskTrigger.Cancel());
        await store.Store.ConfirmPublishedAsync(cancelled, CancellationToken.None);
        Assert.Equal(1, await store.UnpublishedAsync());
        await store.ClaimAsync(claimed);
        await store.Store.ConfirmPublishedAsync(claimed, CancellationToken.None);
        Assert.Equal(0, await store.UnpublishedAsync());
        Assert.DoesNotContain(await store.KeysAsync(), key => store.Shards.All.Any(shard => shard.Unpublished == key));
    }

    [Fact]
    public async Task ConfirmPublished_NewestDispatch_PutsTheTimerAtTheDeadline()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync();

        await store.Store.ConfirmPublishedAsync(record with { Dispatch = 7 }, CancellationToken.None);
        Assert.Equal(record.CreatedAt + store.Lifecycle.RepublishAfter, await store.TimerAsync(record.Id));
        await store.Store.ConfirmPublishedAsync(record, CancellationToken.None);

        Assert.Equal(record.Submission.StartBefore, await store.TimerAsync(record.Id));
    }

    [Fact]
    public async Task Claim_AnswerLost_IsGrantedAgainAndNotCharged()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync();
        var first = await store.ClaimAsync(record, "claim-1");

        var again = Assert.IsType<TransitionResult.Unchanged>(await store.ApplyAsync(record.Id, new TaskTrigger.Claim(1, "claim-1", "worker")));

        Assert.Equal(1, again.Record.Attempt);
        Assert.Equal(first.Version, (await store.GetAsync(record.Id)).Version);
        Assert.Equal(RefusalReason.Busy, Assert.IsType<TransitionResult.Refused>(await store.ApplyAsync(record.Id, new TaskTrigger.Claim(1, "claim-2", "worker"))).Reason);
    }

    [Fact]
    public async Task Finish_Repeated_IsStoredOnce()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var finish = TestStore.Finish(running, output: "printed");

        var ended = await store.AppliedAsync(running.Id, finish);
        Assert.IsType<TransitionResult.Unchanged>(await store.ApplyAsync(running.Id, finish));

        var task = (await store.FindAsync(running.Id))!;
        Assert.Equal(ended.Version, task.Record.Version);
        Assert.Equal(TaskState.Completed, task.Record.State);
        Assert.Equal("printed", task.Output);
        Assert.Equal("{\"n\":1}"u8.ToArray(), task.Result!.Value.ToArray());
        Assert.Null(await store.TimerAsync(running.Id));
    }

    [Fact]
    public async Task Output_OfAnAttemptBefore_DoesNotSurviveIntoTheNext()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var waiting = await store.AppliedAsync(running.Id, TestStore.Finish(running, TaskOutcome.Error, retryable: true, output: "of the first"));
        Assert.Equal("of the first", (await store.FindAsync(running.Id))!.Output);

        var again = await RetryAsync(store, waiting);
        Assert.Null((await store.FindAsync(running.Id))!.Output);
        await store.AppliedAsync(running.Id, TestStore.Finish(again));

        Assert.Null((await store.FindAsync(running.Id))!.Output);
    }

    [Fact]
    public async Task Renew_EachAttempt_IsAnsweredForItself()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var cancelling = await store.ClaimAsync(await store.SubmitAsync());
        await store.AppliedAsync(cancelling.Id, new TaskTrigger.Cancel());
        var ended = await store.ClaimAsync(await store.SubmitAsync());
        await store.AppliedAsync(ended.Id, TestStore.Finish(ended));
        await store.MakeDueAsync(running.Id);

        var verdicts = await store.Store.RenewAsync(
            [
                new RunningAttempt(running.Id, 1, "claim"), new RunningAttempt(running.Id, 1, "another"), new RunningAttempt(running.Id, 2, "claim"),
                new RunningAttempt(cancelling.Id, 1, "claim"), new RunningAttempt(ended.Id, 1, "claim"), new RunningAttempt(TaskId.Create(DateTimeOffset.UnixEpoch), 1, "claim"),
            ],
            CancellationToken.None);

        Assert.Equal(
            [
                new AttemptVerdict(VerdictKind.Stored, false), new AttemptVerdict(VerdictKind.Stale, false), new AttemptVerdict(VerdictKind.Stale, false),
                new AttemptVerdict(VerdictKind.Stored, true), new AttemptVerdict(VerdictKind.Stale, false), new AttemptVerdict(VerdictKind.Unknown, false),
            ],
            verdicts);
        Assert.True(await store.TimerAsync(running.Id) > running.StartedAt);
        Assert.Null(await store.TimerAsync(ended.Id));
    }

    [Fact]
    public async Task Cancel_WaitingForARetry_EndsAtOnceAndLeavesNoTimer()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        await store.AppliedAsync(running.Id, TestStore.Finish(running, TaskOutcome.Crash));

        var cancelled = await store.AppliedAsync(running.Id, new TaskTrigger.Cancel());

        Assert.Equal(TaskState.Cancelled, cancelled.State);
        Assert.True(cancelled.StopConfirmed);
        Assert.Null(cancelled.NextAttemptAt);
        Assert.Null(await store.TimerAsync(running.Id));
    }

    [Fact]
    public async Task Rebuild_LostRecord_ContinuesWhereItsReportsAre()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        await store.FlushAsync();
        Assert.Null(await store.ApplyAsync(running.Id, TestStore.Finish(running)));

        Assert.True(await store.Store.RebuildAsync(TestStore.Message(running), new RebuiltAttempt(1, "claim", "worker"), CancellationToken.None));

        Assert.NotNull(await store.TimerAsync(running.Id));
        var rebuilt = await store.GetAsync(running.Id);
        Assert.Equal(TaskState.Processing, rebuilt.State);
        Assert.True(rebuilt.Version > running.Version);
        Assert.Equal(TaskState.Completed, (await store.AppliedAsync(running.Id, TestStore.Finish(running))).State);
    }

    [Fact]
    public async Task Rebuild_RecordIsThere_ChangesNothing()
    {
        await using var store = await TestStore.CreateAsync(site);
        var running = await store.ClaimAsync(await store.SubmitAsync());

        Assert.True(await store.Store.RebuildAsync(TestStore.Message(running), attempt: null, CancellationToken.None));

        Assert.Equivalent(running, await store.GetAsync(running.Id));
    }

    [Fact]
    public async Task Rebuild_MessageOlderThanTheRetention_IsRefused()
    {
        await using var store = await TestStore.CreateAsync(site, new LifecycleOptions { Retention = TimeSpan.FromSeconds(2) });
        var record = await store.SubmitAsync();
        await store.AppliedAsync(record.Id, new TaskTrigger.Cancel());
        await GoneAsync(store, record.Id);

        // The message of a task that was cancelled while it waited arrives after the task has been forgotten.
        Assert.Null(await store.ApplyAsync(record.Id, new TaskTrigger.Claim(1, "claim", "worker")));
        Assert.False(await store.Store.RebuildAsync(TestStore.Message(record), attempt: null, CancellationToken.None));

        Assert.Null(await store.FindAsync(record.Id));
    }

    [Fact]
    public async Task Retention_IsOver_NothingIsLeft()
    {
        await using var store = await TestStore.CreateAsync(site, new LifecycleOptions { Retention = TimeSpan.FromSeconds(2), StartDeadline = TimeSpan.FromSeconds(1) });
        var completed = await store.ClaimAsync(await store.SubmitAsync(key: s_key));
        await store.AppliedAsync(completed.Id, TestStore.Finish(completed, output: "x"));
        var cancelled = await store.SubmitAsync("hello", TestStore.Key("another"));
        await store.AppliedAsync(cancelled.Id, new TaskTrigger.Cancel());
        var failed = await store.ClaimAsync(await store.SubmitAsync());
        await store.AppliedAsync(failed.Id, TestStore.Finish(failed, TaskOutcome.Error));
        var timedOut = await store.ClaimAsync(await store.SubmitAsync());
        await store.AppliedAsync(timedOut.Id, TestStore.Finish(timedOut, TaskOutcome.TimedOut));
        var expired = await store.SubmitAsync();
        while (!(await store.GetAsync(expired.Id)).IsTerminal)
        {
            await store.MakeDueAsync(expired.Id);
            foreach (var timer in await store.TakeDueAsync())
            {
                await store.ApplyAsync(timer.Record.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }

        foreach (var id in new[] { completed.Id, cancelled.Id, failed.Id, timedOut.Id, expired.Id })
        {
            await GoneAsync(store, id);
        }

        var trimmed = 0;
        while (trimmed < 5)
        {
            trimmed += (await store.Store.TrimAsync(2, CancellationToken.None)).Count;
        }

        // Of the two keys of a shard that remain one expires by itself, the other counts the running tasks of four lanes.
        var keys = await store.KeysAsync();
        var counts = keys.Where(key => store.Shards.All.Any(shard => shard.LanesRunning == key)).ToArray();
        Assert.Equal(store.Shards.All.Select(shard => (string)shard.TimersServed!).Concat(counts).Order(StringComparer.Ordinal), keys);
        Assert.NotEmpty(counts);
        foreach (var key in counts)
        {
            Assert.All(await store.Database.HashGetAllAsync(key), lane => Assert.Equal(0, (int)lane.Value));
        }

        Assert.All(await Task.WhenAll(store.Shards.All.Select(shard => store.Database.KeyTimeToLiveAsync(shard.TimersServed))), life => Assert.NotNull(life));
    }

    [Fact]
    public async Task KeysOfLiveTasks_HaveNoEndButTheirTimer()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync(key: s_key);

        foreach (var key in new[] { store.KeyOf(record.Id), store.Shards.Of(record.Id).Idempotency(s_key.KeyHash) })
        {
            Assert.Null(await store.Database.KeyTimeToLiveAsync(key));
        }

        Assert.NotNull(await store.TimerAsync(record.Id));
        await store.AppliedAsync(record.Id, new TaskTrigger.Cancel());
        foreach (var key in new[] { store.KeyOf(record.Id), store.Shards.Of(record.Id).Idempotency(s_key.KeyHash) })
        {
            Assert.InRange((await store.Database.KeyTimeToLiveAsync(key))!.Value, store.Lifecycle.Retention - TimeSpan.FromMinutes(5), store.Lifecycle.Retention);
        }
    }

    /// <summary>Forty tasks of one shard, most of which come while the first is being written.</summary>
    private static Task<SubmitResult[]> SubmitManyAsync(TestStore store) =>
        Task.WhenAll(Enumerable.Range(0, 40).Select(n => store.TrySubmitAsync(key: TestStore.Key($"{n}", shard: 3))));

    /// <summary>Serves the timer of a task that waits for a retry, as if its time had come, and claims it.</summary>
    private static async Task<TaskRecord> RetryAsync(TestStore store, TaskRecord waiting)
    {
        while (true)
        {
            await store.MakeDueAsync(waiting.Id);
            foreach (var timer in await store.TakeDueAsync())
            {
                if (await store.ApplyAsync(waiting.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket)) is TransitionResult.Applied applied)
                {
                    return await store.ClaimAsync(applied.Record, "claim-again");
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task GoneAsync(TestStore store, TaskId id)
    {
        while (await store.FindAsync(id) is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }
}
