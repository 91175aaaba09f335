using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Lists, also when they are long.</summary>
public abstract class TaskStoreListTests(StoreSite site, int most)
{
    [Fact]
    public async Task List_ManyTasks_IsPagedWithoutGapsOrRepeats()
    {
        await using var store = await TestStore.CreateAsync(site, bounds: new TaskStoreOptions { MaxUnpublished = 1_000_000 });
        await store.Database.HashSetAsync(FleetKeys.Algorithms, [new("hello", "{}"), new("primes", "{}")]);
        var records = new List<TaskRecord>(most);
        for (var n = 0; n < most; n += 1_000)
        {
            records.AddRange(await Task.WhenAll(Enumerable.Range(0, 1_000).Select(index => store.SubmitAsync(index % 2 == 0 ? "primes" : "hello"))));
        }

        var newest = records.Select(record => record.Id).OrderDescending().ToArray();
        var seen = new List<TaskId>();
        TaskId? before = null;
        for (var page = 0; page < 20; page++)
        {
            var some = await store.Store.ListAsync(new TaskFilter(null, null), before, 100, CancellationToken.None);
            seen.AddRange(some.Items.Select(task => task.Record.Id));
            before = some.Next;
        }

        Assert.Equal(newest.Take(2_000), seen);
        var filtered = await store.Store.ListAsync(new TaskFilter(TaskState.Pending, "hello"), newest[most / 2], 100, CancellationToken.None);
        Assert.Equal(records.Where(record => record.Submission.Algorithm == "hello").Select(record => record.Id).OrderDescending().Where(id => id < newest[most / 2]).Take(100), filtered.Items.Select(task => task.Record.Id));
        var last = await store.Store.ListAsync(new TaskFilter(null, "primes"), newest[^50], 100, CancellationToken.None);
        Assert.Null(last.Next);
        Assert.All(last.Items, task => Assert.True(task.Record.Id < newest[^50]));
    }

    [Fact]
    public async Task List_ByState_FollowsTheTask()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.Database.HashSetAsync(FleetKeys.Algorithms, "primes", "{}");
        var record = await store.SubmitAsync();
        Assert.Equal([TaskState.Pending], await StatesAsync(store, record.Id));

        var running = await store.ClaimAsync(record);
        Assert.Equal([TaskState.Processing], await StatesAsync(store, record.Id));
        await store.AppliedAsync(record.Id, TestStore.Finish(running));

        Assert.Equal([TaskState.Completed], await StatesAsync(store, record.Id));
    }

    [Fact]
    public async Task List_StateHasChangedSinceTheIndexWasRead_LeavesTheTaskOut()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.Database.HashSetAsync(FleetKeys.Algorithms, "primes", "{}");
        var record = await store.ClaimAsync(await store.SubmitAsync());

        // What the index said before the claim.
        await store.Database.SortedSetAddAsync(store.Shards.Of(record.Id).Index(TaskState.Pending, "primes"), record.Id.ToString(), 0);

        Assert.Equal([TaskState.Processing], await StatesAsync(store, record.Id));
    }

    /// <summary>The states under which a task is listed.</summary>
    private static async Task<List<TaskState>> StatesAsync(TestStore store, TaskId id)
    {
        var states = new List<TaskState>();
        foreach (var state in Enum.GetValues<TaskState>())
        {
            var page = await store.Store.ListAsync(new TaskFilter(state, null), null, 10, CancellationToken.None);
            if (page.Items.Any(task => task.Record.Id == id))
            {
                states.Add(state);
            }
        }

        return states;
    }
}
