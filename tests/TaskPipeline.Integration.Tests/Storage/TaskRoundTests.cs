using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Changes of several tasks in one round, wherever the tasks lie: what is shared among them must come out as if they had come one by one.</summary>
public abstract class TaskRoundTests(StoreSite site)
{
    private const int Tasks = 48;

    /// <summary>What happens to the tasks: each line to all of them at the same time, each entry to every so manyth.</summary>
    private static readonly Func<TaskRecord, TaskTrigger>[][] s_story =
    [
        [Claim, Claim, Claim, _ => new TaskTrigger.Cancel(), Claim, Claim],
        [Claim, Progress, Progress, _ => new TaskTrigger.Cancel(), _ => new TaskTrigger.Cancel(), Release],
        [End(TaskOutcome.Completed), End(TaskOutcome.Error), End(TaskOutcome.Crash), Claim, End(TaskOutcome.Cancelled), Claim],
        [End(TaskOutcome.Completed), Claim, _ => new TaskTrigger.Cancel(), Claim, Progress, End(TaskOutcome.TimedOut, output: "printed")],
    ];

    [Fact]
    public async Task Round_OfManyTasks_LeavesWhatOneByOneLeaves()
    {
        var oneByOne = await TellAsync(async (store, changes) =>
        {
            var results = new List<TransitionResult?>();
            foreach (var (id, trigger) in changes)
            {
                results.Add(await store.ApplyAsync(id, trigger));
            }

            return results;
        });
        var together = await TellAsync(ApplyTogetherAsync);

        Assert.Equal(oneByOne, together);
    }

    [Fact]
    public async Task Round_TwoChangesOfOneTask_AreBothApplied()
    {
        await using var store = await TestStore.CreateAsync(site);
        var tasks = await SubmitAsync(store);

        var results = await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, Claim(task))), .. tasks.Select(task => (task.Id, (TaskTrigger)new TaskTrigger.Cancel()))]);

        // Whichever comes first, a claim of a cancelled task being refused.
        Assert.Equal(2 * Tasks, results.Count);
        foreach (var (claim, cancel) in results.Take(Tasks).Zip(results.Skip(Tasks)))
        {
            var cancelled = Assert.IsType<TransitionResult.Applied>(cancel).Record;
            var isClaimed = claim is TransitionResult.Applied;
            Assert.Equal(isClaimed ? (3L, TaskState.Processing) : (2L, TaskState.Cancelled), (cancelled.Version, cancelled.State));
            Assert.Equivalent(cancelled, await store.GetAsync(cancelled.Id));
        }
    }

    [Fact]
    public async Task Round_OnWhatAnotherReplicaChanged_IsDecidedAgain()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();
        var tasks = await SubmitAsync(store);
        await ApplyTogetherAsync(other, [.. tasks.Where((_, n) => n % 3 == 0).Select(task => (task.Id, Claim(task)))]);

        var results = await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, (TaskTrigger)new TaskTrigger.Claim(1, "ours", "worker")))]);

        Assert.Equal(tasks.Select((_, n) => n % 3 != 0), results.Select(result => result is TransitionResult.Applied { Record.ClaimId: "ours" }));
        Assert.Equal(tasks.Select((_, n) => n % 3 == 0), results.Select(result => result is TransitionResult.Refused { Reason: RefusalReason.Busy }));
    }

    [Fact]
    public async Task Round_OfUnknownTasks_IsNullForEach()
    {
        await using var store = await TestStore.CreateAsync(site);
        var known = await store.SubmitAsync();
        TaskId[] unknown = [.. Enumerable.Range(0, 5).Select(_ => TaskId.Create(DateTimeOffset.UnixEpoch))];

        var results = await ApplyTogetherAsync(store, [.. unknown.Append(known.Id).Select(id => (id, (TaskTrigger)new TaskTrigger.Cancel()))]);

        Assert.Equal([true, true, true, true, true, false], results.Select(result => result is null));
    }

    [Fact]
    public async Task Round_TasksThatAreQueuedAgain_HavePlacesOfTheirOwnInTheLine()
    {
        await using var store = await TestStore.CreateAsync(site);
        var tasks = await SubmitAsync(store);
        await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, Claim(task)))]);
        Assert.Equal(0, await store.CountAsync(shard => shard.LaneQueue(Lane.Short)));

        await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, Release(task)))]);

        Assert.Equal(Tasks, await store.CountAsync(shard => shard.LaneQueue(Lane.Short)));
        foreach (var shard in store.Shards.All)
        {
            var line = await store.Database.SortedSetRangeByRankWithScoresAsync(shard.LaneQueue(Lane.Short));
            Assert.Equal(line.Length, line.Select(entry => entry.Score).Distinct().Count());
        }
    }

    [Fact]
    public async Task Round_OfManyTasks_IsOneScriptForEachShard()
    {
        await using var store = await TestStore.CreateAsync(site);

        // A task whose record has lost its place to another one would be read first.
        var tasks = (await SubmitAsync(store)).GroupBy(task => RecentRecords.PlaceOf(task.Id)).Select(same => same.Last()).ToList();
        var before = await CountScriptsAsync(store);

        await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, Claim(task)))]);

        Assert.Equal(tasks.Select(task => store.Shards.Of(task.Id)).Distinct().Count(), await CountScriptsAsync(store) - before);
    }

    [Fact]
    public async Task Round_OfMoreThanOneScriptTakes_IsWhole()
    {
        await using var store = await TestStore.CreateAsync(site);
        var tasks = new List<TaskRecord>();
        for (var n = 0; n < 250; n++)
        {
            tasks.Add(await store.SubmitAsync(key: TestStore.Key($"{n}", shard: 1)));
        }

        var results = await ApplyTogetherAsync(store, [.. tasks.Select(task => (task.Id, Claim(task)))]);

        Assert.All(results, result => Assert.IsType<TransitionResult.Applied>(result));
        Assert.Equal(0, await store.CountAsync(shard => shard.LaneQueue(Lane.Short)));
    }

    [Fact]
    public async Task Round_ThatIsNotSent_ChangesNothing()
    {
        await using var store = await TestStore.CreateAsync(site);
        var task = await store.SubmitAsync();

        var round = store.Store.BeginRound(CancellationToken.None);
        var applied = round.ApplyAsync(task.Id, Claim(task));
        Assert.Equal(TaskState.Pending, (await store.GetAsync(task.Id)).State);
        Assert.False(applied.IsCompleted);
        round.Send();

        Assert.IsType<TransitionResult.Applied>(await applied);
        Assert.IsType<TransitionResult.Applied>(await round.ApplyAsync(task.Id, Progress(task)));
    }

    private static TaskTrigger Claim(TaskRecord task) => new TaskTrigger.Claim(1, "claim", "worker");

    private static TaskTrigger Progress(TaskRecord task) => new TaskTrigger.Progress(1, "claim", 5, 50, "half");

    private static TaskTrigger Release(TaskRecord task) => new TaskTrigger.Release(1, "claim", 900, ReleaseReason.Draining);

    private static Func<TaskRecord, TaskTrigger> End(TaskOutcome outcome, string? output = null) =>
        task => TestStore.Finish(task with { Attempt = 1, ClaimId = "claim" }, outcome, output: output);

    private static async Task<IReadOnlyList<TransitionResult?>> ApplyTogetherAsync(TestStore store, IReadOnlyList<(TaskId Id, TaskTrigger Trigger)> changes)
    {
        var round = store.Store.BeginRound(CancellationToken.None);
        var applied = changes.Select(change => round.ApplyAsync(change.Id, change.Trigger)).ToArray();
        round.Send();
        return await Task.WhenAll(applied);
    }

    /// <summary>How many scripts the servers have run.</summary>
    private static async Task<long> CountScriptsAsync(TestStore store)
    {
        var calls = 0L;
        foreach (var server in store.Connection.GetServers())
        {
            // cmdstat_evalsha:calls=21,usec=175,…
            calls += (await server.InfoAsync("commandstats")).SelectMany(section => section).Where(entry => entry.Key is "cmdstat_eval" or "cmdstat_evalsha")
                .Sum(entry => long.Parse(entry.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture));
        }

        return calls;
    }

    private static async Task<List<TaskRecord>> SubmitAsync(TestStore store, long holdFrom = 1_000)
    {
        var tasks = new List<TaskRecord>();
        for (var n = 0; n < Tasks; n++)
        {
            // From a bound on a client that has more than its share is held back.
            store.Place = new LanePlace(n % 4 == 0 ? "one" : "other", Cost: 1, MaxAhead: 10_000, holdFrom);
            tasks.Add(await store.SubmitAsync(key: TestStore.Key($"{n}", shard: n % 8)));
        }

        return tasks;
    }

    /// <summary>Lets the story happen, and says what is left: of each task and of everything beside them.</summary>
    private async Task<List<string>> TellAsync(Func<TestStore, IReadOnlyList<(TaskId Id, TaskTrigger Trigger)>, Task<IReadOnlyList<TransitionResult?>>> apply)
    {
        // Nothing that waits for another attempt may become due within the test.
        await using var store = await TestStore.CreateAsync(site, new LifecycleOptions { RetryDelay = TimeSpan.FromMinutes(5), MaxRetryDelay = TimeSpan.FromMinutes(10) });
        var tasks = await SubmitAsync(store, holdFrom: Tasks / 2);
        await store.Store.ConfirmPublishedAsync([.. tasks.Where((_, n) => n % 5 == 0)], CancellationToken.None);
        var told = new List<string>();
        foreach (var line in s_story)
        {
            var results = await apply(store, [.. tasks.Select((task, n) => (task.Id, line[n % line.Length](task)))]);
            told.Add(string.Join(' ', results.Select(result => result?.GetType().Name)));
            told.AddRange(await PictureAsync(store, tasks));
        }

        return told;
    }

    private static async Task<List<string>> PictureAsync(TestStore store, List<TaskRecord> tasks)
    {
        var names = tasks.Select((task, n) => (Id: task.Id.ToString(), Name: n.ToString("00", CultureInfo.InvariantCulture))).ToDictionary(pair => pair.Id, pair => pair.Name);
        string Named(string text) => names.Aggregate(text, (one, pair) => one.Replace(pair.Key, pair.Value, StringComparison.Ordinal));
        var picture = new List<string>();
        foreach (var task in tasks)
        {
            var shard = store.Shards.Of(task.Id);
            var stored = await store.GetAsync(task.Id);
            var marks = await store.Database.HashGetAsync(store.KeyOf(task.Id), ["c", "k", "u", "x", "o"]);
            var lives = await Task.WhenAll(new[] { store.KeyOf(task.Id), shard.Idempotency(stored.IdempotencyHash!) }.Select(key => store.Database.KeyTimeToLiveAsync(key)));
            picture.Add($"{names[task.Id.ToString()]}: {stored.Version} {stored.State} {stored.Attempt} {string.Join('|', marks)} {string.Join('|', lives.Select(life => life is not null))}");
        }

        foreach (var key in await store.KeysAsync())
        {
            picture.Add(await store.Database.KeyTypeAsync(key) switch
            {
                RedisType.SortedSet => $"{key}: {string.Join(' ', (await store.Database.SortedSetRangeByRankAsync(key)).Select(id => Named(id!)).Order(StringComparer.Ordinal))}",
                RedisType.Hash when !key.Contains(":task:", StringComparison.Ordinal) =>
                    // A lane of which nothing runs may stand there with a zero or not at all.
                    $"{key}: {string.Join(' ', (await store.Database.HashGetAllAsync(key)).Where(entry => entry.Value != 0).Select(entry => $"{entry.Name}={entry.Value}").Order(StringComparer.Ordinal))}",
                RedisType.String when !key.Contains(":idempotency:", StringComparison.Ordinal) => $"{key}: {await store.Database.StringGetAsync(key)}",
                _ => Named(key),
            });
        }

        return [.. picture.Order(StringComparer.Ordinal)];
    }
}
