using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Timers, under every step of the clock and every pause of those who serve them.</summary>
public abstract class TaskStoreTimersTests(StoreSite site)
{
    [Fact]
    public async Task TakeDue_ByTwoReplicasAtOnce_GivesEachTimerToOne()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();
        for (var n = 0; n < 40; n++)
        {
            await store.MakeDueAsync((await store.SubmitAsync()).Id);
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => (n % 2 == 0 ? store : other).TakeDueAsync(limit: 7)));

        Assert.Equal(40, taken.Sum(some => some.Count));
        Assert.Equal(40, taken.SelectMany(some => some).Select(timer => timer.Record.Id).Distinct().Count());
    }

    [Fact]
    public async Task TakeDue_TimerOfATaskThatIsGone_IsRemoved()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync();
        await store.Database.KeyDeleteAsync(store.KeyOf(record.Id));
        await store.MakeDueAsync(record.Id);

        Assert.Empty(await store.TakeDueAsync());

        Assert.Null(await store.TimerAsync(record.Id));
    }

    [Fact]
    public async Task TimerDue_LeaseRenewedAfterItWasTaken_LosesNothing()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var running = await store.ClaimAsync(await store.SubmitAsync());
        await store.MakeDueAsync(running.Id);
        var timer = Assert.Single(await store.TakeDueAsync());
        await store.Store.RenewAsync([new RunningAttempt(running.Id, 1, "claim")], CancellationToken.None);

        var result = await store.ApplyAsync(running.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket));

        Assert.IsType<TransitionResult.Unchanged>(result);
        Assert.Equal(TaskState.Processing, (await store.GetAsync(running.Id)).State);
    }

    [Fact]
    public async Task TakeDue_AfterNobodyServedForHalfALease_GivesEveryLeaseOneMore()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var pending = await store.SubmitAsync();

        // The API, or Redis, was away for an hour.
        await store.StepClockAsync(TimeSpan.FromHours(1));
        var due = await store.TakeDueAsync();

        Assert.Equal(pending.Id, Assert.Single(due).Record.Id);
        Assert.InRange((await store.TimerAsync(running.Id))!.Value, store.Clock.Now + (store.Lifecycle.Lease / 2), store.Clock.Now + store.Lifecycle.Lease);
    }

    [Fact]
    public async Task TakeDue_ServedAllTheTime_LetsALeaseEnd()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var running = await store.ClaimAsync(await store.SubmitAsync());
        await store.TakeDueAsync();
        await store.MakeDueAsync(running.Id);

        var timer = Assert.Single(await store.TakeDueAsync());

        var lost = await store.AppliedAsync(running.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket));
        Assert.Equal(TaskOutcome.Lost, lost.Attempts[^1].Outcome);
    }

    [Fact]
    public async Task TakeDue_ClockSetBack_StillNoticesALostWorker()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var later = await store.SubmitAsync(notBefore: store.Clock.Now.AddHours(2));

        await store.StepClockAsync(TimeSpan.FromHours(-1));
        Assert.True(await store.TimerAsync(running.Id) > store.Clock.Now.AddMinutes(59));
        await store.TakeDueAsync();

        Assert.True(await store.TimerAsync(running.Id) < store.Clock.Now + (2 * store.Lifecycle.Lease) + TimeSpan.FromSeconds(30));
        Assert.True(await store.TimerAsync(later.Id) > store.Clock.Now.AddHours(2));
    }

    [Fact]
    public async Task TimerDue_BeforeNotBefore_WaitsAndThenPublishes()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var record = await store.SubmitAsync(notBefore: store.Clock.Now.AddSeconds(2));
        Assert.Equal(0, record.Dispatch);
        Assert.Equal(record.Submission.NotBefore, await store.TimerAsync(record.Id));
        Assert.Equal(0, await store.UnpublishedAsync());
        Assert.IsType<TransitionResult.Refused>(await store.ApplyAsync(record.Id, new TaskTrigger.Claim(0, "claim", "worker")));

        IReadOnlyList<DueTimer> due;
        do
        {
            due = await store.TakeDueAsync();
        }
        while (due.Count == 0);

        Assert.True(store.Clock.Now >= record.Submission.NotBefore);
        var applied = Assert.IsType<TransitionResult.Applied>(await store.ApplyAsync(record.Id, new TaskTrigger.TimerDue(due[0].Published, due[0].Ticket)));
        Assert.True(applied.Publish);
        Assert.Equal(1, applied.Record.Dispatch);
        Assert.Equal(1, await store.UnpublishedAsync());
    }

    [Fact]
    public async Task TimerDue_AtStartBefore_ExpiresTheTask()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.TakeDueAsync();
        var record = await store.SubmitAsync(startBefore: store.Clock.Now.AddSeconds(1));
        await store.Store.ConfirmPublishedAsync(record, CancellationToken.None);

        IReadOnlyList<DueTimer> due;
        do
        {
            due = await store.TakeDueAsync();
        }
        while (due.Count == 0);

        var ended = await store.AppliedAsync(record.Id, new TaskTrigger.TimerDue(due[0].Published, due[0].Ticket));
        Assert.Equal((TaskState.Failed, FailureKinds.Expired), (ended.State, ended.Failure!.Kind));
    }

    [Fact]
    public async Task RepublishLane_QueueLost_MakesPublishedPendingTasksDue()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.Store.ConfirmPublishedAsync(await store.SubmitAsync(), CancellationToken.None);
        var running = await store.ClaimAsync(await store.SubmitAsync());
        var later = await store.SubmitAsync(notBefore: store.Clock.Now.AddHours(1));
        var published = new List<TaskRecord>();
        await store.Database.HashSetAsync(FleetKeys.Algorithms, "primes", "{}");
        for (var n = 0; n < 1_200; n++)
        {
            published.Add(await store.SubmitAsync());
        }

        await Task.WhenAll(published.Select(record => store.Store.ConfirmPublishedAsync(record, CancellationToken.None)));
        Assert.Equal(0, await store.UnpublishedAsync());

        Assert.Equal(0, await RepublishAsync(store, Lane.Long, TimeSpan.Zero));
        Assert.Equal(0, await RepublishAsync(store, Lane.Short, TimeSpan.FromHours(1)));

        Assert.Equal(1_201, await RepublishAsync(store, Lane.Short, TimeSpan.Zero));
        Assert.Equal(1_201, await store.UnpublishedAsync());
        Assert.All(await Task.WhenAll(published.Select(record => store.TimerAsync(record.Id))), timer => Assert.True(timer < store.Clock.Now.AddSeconds(2)));
        Assert.Equal(later.Submission.NotBefore, await store.TimerAsync(later.Id));
        Assert.Equal(TaskState.Processing, (await store.GetAsync(running.Id)).State);
    }

    /// <summary>One queue is lost after the other, of more queues than there are shards.</summary>
    private static async Task<int> RepublishAsync(TestStore store, Lane lane, TimeSpan age)
    {
        var republished = 0;
        foreach (var queue in LaneQueue.All(lane, of: 8))
        {
            var count = await store.Store.RepublishAsync(queue, TimeSpan.FromSeconds(1), age, CancellationToken.None);
            Assert.Equal(republished + count, await store.UnpublishedAsync());
            republished += count;
        }

        return republished;
    }

    [Fact]
    public async Task DeadLettered_Twice_FailsTheTask()
    {
        await using var store = await TestStore.CreateAsync(site);
        var record = await store.SubmitAsync();

        var again = await store.AppliedAsync(record.Id, new TaskTrigger.DeadLettered(1));
        Assert.IsType<TransitionResult.Refused>(await store.ApplyAsync(record.Id, new TaskTrigger.DeadLettered(1)));
        var ended = await store.AppliedAsync(record.Id, new TaskTrigger.DeadLettered(again.Dispatch));

        Assert.Equal((TaskState.Failed, FailureKinds.DeadLettered), (ended.State, ended.Failure!.Kind));
        Assert.Equal(0, await store.UnpublishedAsync());
    }
}
