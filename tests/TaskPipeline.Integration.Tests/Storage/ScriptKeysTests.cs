using System.Text.RegularExpressions;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>
/// Nothing that is one command to Redis touches the keys of two shards, those that Lua makes itself included. A cluster would only
/// refuse it where the two are on different servers.
/// </summary>
[Collection(RedisCollection.Name)]
public sealed partial class ScriptKeysTests(RedisServer redis)
{
    private const string End = "the end of the commands";

    [Fact]
    public async Task Commands_OfEveryScript_TouchTheKeysOfOneShard()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis, shards: 4), new LifecycleOptions { Retention = TimeSpan.FromSeconds(1) });
        using var monitor = await RedisCommand.MonitorAsync(redis.Port, limit.Token);
        var reading = ReadAsync(monitor, limit.Token);

        await DoEverythingAsync(store);
        await store.Database.PingAsync();
        await store.Database.ExecuteAsync("ECHO", End);

        var commands = await reading;
        Assert.Equal([1], commands.Select(keys => keys.Count).Where(count => count > 0).Distinct());
        Assert.Equal(["0", "1", "2", "3"], commands.SelectMany(keys => keys).Distinct().Order(StringComparer.Ordinal));
        Assert.InRange(commands.Count, 100, int.MaxValue);
    }

    private static async Task DoEverythingAsync(TestStore store)
    {
        await store.Workers.AnnounceAsync(
            new AnnounceReport { Worker = "worker", Slots = 1, Algorithms = [new AlgorithmDescription { Name = "primes", Version = "1", Description = "" }], Problems = [] },
            CancellationToken.None);
        await store.Workers.BeatAsync(new HeartbeatReport { Worker = "worker", Busy = 0, Running = [] }, CancellationToken.None);
        await store.Workers.GetWorkersAsync(CancellationToken.None);
        store.Place = new LanePlace("client", Cost: 1, MaxAhead: 1_000, HoldFrom: 12);
        var records = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => store.SubmitAsync(key: TestStore.Key($"{n}", n % 4))));
        await store.TrySubmitAsync(key: TestStore.Key("0"));
        await store.Store.ConfirmPublishedAsync(records, CancellationToken.None);
        await store.Lanes.GetLinesAsync(CancellationToken.None);
        await store.Lanes.GetPlacesAsync([.. records.Select(record => (record.Id, Lane.Short))], CancellationToken.None);
        await store.Lanes.LetGoAsync(Lane.Short, until: 100, CancellationToken.None);
        await store.Lanes.AddAsync(1, [new LaneTally(1, 1, 1, 1), default, default, default], CancellationToken.None);
        await store.Lanes.AddWaitsAsync(Lane.Short, 1, new Dictionary<int, int> { [1] = 1 }, CancellationToken.None);
        await store.Store.RepublishAsync(new LaneQueue(Lane.Short, 0, Of: 1), TimeSpan.Zero, TimeSpan.Zero, CancellationToken.None);
        await store.Store.ListAsync(new TaskFilter(TaskState.Pending, null), before: null, 10, CancellationToken.None);
        await store.Store.GetUsageAsync(CancellationToken.None);
        foreach (var record in records)
        {
            await store.MakeDueAsync(record.Id);
        }

        foreach (var timer in await store.TakeDueAsync())
        {
            await store.ApplyAsync(timer.Record.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket));
        }

        foreach (var record in records)
        {
            var running = await store.ClaimAsync(await store.GetAsync(record.Id));
            await store.Store.RenewAsync([new RunningAttempt(record.Id, 1, "claim")], CancellationToken.None);
            await store.AppliedAsync(record.Id, TestStore.Finish(running));
            await store.Store.RebuildAsync(TestStore.Message(record), attempt: null, CancellationToken.None);
        }

        while ((await store.Store.TrimAsync(100, CancellationToken.None)).Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The shards that each command touches; what a script does counts as the script's.</summary>
    private static async Task<List<HashSet<string>>> ReadAsync(StreamReader monitor, CancellationToken cancellationToken)
    {
        var commands = new List<HashSet<string>>();
        while (await monitor.ReadLineAsync(cancellationToken) is { } line && !line.Contains(End, StringComparison.Ordinal))
        {
            // 1764201600.123456 [3 lua] "HGET" "tp:{1}:task:…" "v"
            if (!line.Contains(" lua] ", StringComparison.Ordinal))
            {
                commands.Add([]);
            }

            commands[^1].UnionWith(Shard().Matches(line).Select(match => match.Groups[1].Value));
        }

        return commands;
    }

    [GeneratedRegex(@"tp:\{(\d+)\}")]
    private static partial Regex Shard();
}
