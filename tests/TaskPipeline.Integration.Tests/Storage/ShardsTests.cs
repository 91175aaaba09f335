using TaskPipeline.Api.Events;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>What several shards must do together, wherever they lie.</summary>
public abstract class ShardsTests(StoreSite site)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Submit_WithoutAKey_GoesToTheShardThatItsIdNames()
    {
        await using var store = await TestStore.CreateAsync(site);

        var records = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => store.SubmitAsync()));

        var ids = await Task.WhenAll(store.Shards.All.Select(shard => store.Database.SortedSetRangeByRankAsync(shard.All)));
        Assert.All(ids, some => Assert.NotEmpty(some));
        Assert.Equal(
            records.Select(record => (record.Id.Tag % site.Shards, record.Id.ToString())).Order(),
            ids.SelectMany((some, shard) => some.Select(id => (shard, (string)id!))).Order());
    }

    [Fact]
    public async Task Submit_WithAKey_GoesToTheShardOfTheKeyTogetherWithItsEntry()
    {
        await using var store = await TestStore.CreateAsync(site);
        for (var shard = 0; shard < site.Shards; shard++)
        {
            var key = TestStore.Key($"key of {shard}", shard);

            var record = await store.SubmitAsync(key: key);

            Assert.Equal(shard, record.Id.Tag);
            Assert.Contains((string)store.Shards.All[shard].Idempotency(key.KeyHash)!, await store.KeysAsync());
            Assert.Equal(record.Id, Assert.IsType<SubmitResult.Existing>(await store.TrySubmitAsync(key: key)).Id);
        }
    }

    [Fact]
    public async Task Batches_OfTasksOfAllShards_AreAnsweredInTheirOrder()
    {
        await using var store = await TestStore.CreateAsync(site);
        var records = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => store.SubmitAsync(key: TestStore.Key($"{n}", n * 7 % site.Shards))));
        Assert.Equal(40, await store.UnpublishedAsync());

        await store.Store.ConfirmPublishedAsync(records, CancellationToken.None);
        Assert.Equal(0, await store.UnpublishedAsync());
        var running = await Task.WhenAll(records.Where((_, n) => n % 3 == 0).Select(record => store.ClaimAsync(record)));
        var verdicts = await store.Store.RenewAsync([.. records.Select(record => new RunningAttempt(record.Id, 1, "claim"))], CancellationToken.None);

        var claimed = running.Select(record => record.Id).ToHashSet();
        Assert.Equal(records.Select(record => claimed.Contains(record.Id) ? VerdictKind.Stored : VerdictKind.Stale), verdicts.Select(verdict => verdict.Kind));
    }

    [Fact]
    public async Task TakeDue_MoreThanTheLimit_TakesFromEveryShardAndSaysThatThereIsMore()
    {
        await using var store = await TestStore.CreateAsync(site);
        var records = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => store.SubmitAsync(key: TestStore.Key($"{n}", n % site.Shards))));
        await Task.WhenAll(records.Select(record => store.MakeDueAsync(record.Id)));

        var first = await store.Store.TakeDueAsync(limit: 4 * site.Shards, CancellationToken.None);
        var second = await store.Store.TakeDueAsync(limit: 1_000, CancellationToken.None);

        Assert.True(first.More);
        Assert.All(first.Timers.CountBy(timer => timer.Record.Id.Tag), shard => Assert.Equal(4, shard.Value));
        Assert.False(second.More);
        Assert.Equal(records.Select(record => record.Id).Order(), first.Timers.Concat(second.Timers).Select(timer => timer.Record.Id).Order());
    }

    [Fact]
    public async Task Lines_OfTasksInAllShards_AreSummed()
    {
        await using var store = await TestStore.CreateAsync(site);
        store.Place = new LanePlace("client", Cost: 1, MaxAhead: 1_000, HoldFrom: 4 * site.Shards);
        var records = await Task.WhenAll(Enumerable.Range(0, 10 * site.Shards).Select(n => store.SubmitAsync(key: TestStore.Key($"{n}", n % site.Shards))));
        Assert.Equal((4 * site.Shards, 6 * site.Shards, 0), await LineAsync(store));
        foreach (var record in records.Where(record => record.Dispatch > 0).Take(site.Shards + 1))
        {
            await store.ClaimAsync(record);
        }

        Assert.Equal(((3 * site.Shards) - 1, 6 * site.Shards, site.Shards + 1), await LineAsync(store));
        var letGo = await store.Lanes.LetGoAsync(Lane.Short, until: 5 * site.Shards, CancellationToken.None);

        Assert.Equal((2 * site.Shards) + 1, letGo);
        Assert.Equal((5 * site.Shards, (4 * site.Shards) - 1, site.Shards + 1), await LineAsync(store));
    }

    [Fact]
    public async Task Places_AreThoseInTheTasksShardAsIfTheOthersWereAlike()
    {
        await using var store = await TestStore.CreateAsync(site);
        var records = new List<TaskRecord>();
        for (var n = 0; n < 3 * site.Shards; n++)
        {
            records.Add(await store.SubmitAsync(key: TestStore.Key($"{n}", n % site.Shards)));
        }

        var places = await store.Lanes.GetPlacesAsync([.. records.Select(record => (record.Id, Lane.Short))], CancellationToken.None);

        Assert.Equal(records.Select((_, n) => (long?)(n / site.Shards * site.Shards) + 1), places);
    }

    [Fact]
    public async Task Submit_ALaneIsFull_ItsBoundIsSharedByTheShards()
    {
        await using var store = await TestStore.CreateAsync(site);
        store.Place = new LanePlace("client", Cost: 1, MaxAhead: 5 * site.Shards, HoldFrom: 3 * site.Shards);

        var results = await Task.WhenAll(Enumerable.Range(0, 9 * site.Shards).Select(n => store.TrySubmitAsync(key: TestStore.Key($"{n}", n % site.Shards))));

        Assert.Equal(5 * site.Shards, results.Count(result => result is SubmitResult.Created));
        Assert.All(results.OfType<SubmitResult.Refused>(), refused => Assert.Equal((5 * site.Shards, 5 * site.Shards), (refused.Ahead, refused.Mine)));
    }

    [Fact]
    public async Task Changes_OfATaskInAnyShard_AreToldByEveryReplica()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();
        for (var shard = 0; shard < site.Shards; shard++)
        {
            var record = await store.SubmitAsync(key: TestStore.Key("followed", shard));
            await using var reader = (await other.Feeds.OpenAsync(record.Id, FeedInterest.States, CancellationToken.None))!;

            var next = reader.NextAsync(s_limit, CancellationToken.None);
            await store.ClaimAsync(record);

            Assert.True(await next);
            Assert.Equal(2, reader.Current.Version);
        }
    }

    [Fact]
    public async Task Ends_OfTasksInAnyShard_AreToldToTheReplicaThatWaits()
    {
        await using var store = await TestStore.CreateAsync(site);
        await using var other = await store.ReplicaAsync();
        using var waits = await store.RepliesAsync();
        using var elsewhere = await other.RepliesAsync();
        for (var shard = 0; shard < site.Shards; shard++)
        {
            using var reply = waits.Expect()!;
            using var sameNumber = elsewhere.Expect()!;
            var record = await store.SubmitAsync(key: TestStore.Key("awaited", shard), replyTo: reply.Address);

            var running = await other.ClaimAsync(record);
            Assert.False(reply.Told.IsCompleted);
            await other.AppliedAsync(record.Id, TestStore.Finish(running, output: "said"));

            var end = (await reply.Told.WaitAsync(s_limit))!;
            Assert.Equal((record.Id, TaskState.Completed, "said"), (end.Record.Id, end.Record.State, end.Output));
            Assert.False(sameNumber.Told.IsCompleted);
        }
    }

    [Fact]
    public async Task Scripts_ForgottenByEveryServer_AreSentAgain()
    {
        await using var store = await TestStore.CreateAsync(site);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.SubmitAsync()));
        await Task.WhenAll(store.Connection.GetServers().Select(server => server.ScriptFlushAsync()));

        var records = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.SubmitAsync()));
        await Task.WhenAll(records.Select(record => store.ClaimAsync(record)));

        Assert.Equal(40, await store.CountAsync(shard => shard.All));
    }

    [Fact]
    public async Task Usage_IsThatOfEveryServerOnce()
    {
        await using var store = await TestStore.CreateAsync(site);
        await store.SubmitAsync();

        var usage = await store.Store.GetUsageAsync(CancellationToken.None);

        var servers = await Task.WhenAll(store.Connection.GetServers().Select(server => server.InfoAsync("memory")));
        var used = servers.Sum(info => info.SelectMany(section => section).Where(pair => pair.Key == "used_memory").Sum(pair => long.Parse(pair.Value, provider: null)));
        Assert.InRange(usage.UsedBytes, used * 0.8, used * 1.2);
        Assert.Equal(1, usage.Unpublished);
    }

    private static async Task<(int Queued, int Held, int Running)> LineAsync(TestStore store)
    {
        var line = (await store.Lanes.GetLinesAsync(CancellationToken.None)).Lanes[(int)Lane.Short];
        return ((int)line.Queued, (int)line.Held, (int)line.Running);
    }
}
