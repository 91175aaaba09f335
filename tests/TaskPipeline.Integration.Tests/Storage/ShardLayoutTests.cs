using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Storage;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>The number of shards belongs to the data: another one is refused, not tried.</summary>
[Collection(RedisCollection.Name)]
public sealed class ShardLayoutTests(RedisServer redis)
{
    [Fact]
    public async Task Start_OnDataOfAnotherNumber_IsRefusedAndNothingIsWritten()
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis, shards: 4));
        await store.SubmitAsync();
        var keys = await store.KeysAsync();
        using var two = NewReplica(store.Database.Database, shards: 2);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => two.StartAsync());

        Assert.Equal("Redis holds tasks of 4 shards, not of 2: Storage:Shards must be 4, or Redis empty", refused.Message);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => two.Services.GetRequiredService<ITaskStore>().TrimAsync(1, CancellationToken.None));
        Assert.Equal(keys, await store.KeysAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Start_OnDataOfTheSameNumber_Works(int shards)
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis, shards));
        var record = await store.SubmitAsync();
        using var replica = NewReplica(store.Database.Database, shards);

        await replica.StartAsync();

        Assert.NotNull(await replica.Services.GetRequiredService<ITaskStore>().GetAsync(record.Id, CancellationToken.None));
        await replica.StopAsync();
    }

    /// <summary>The record is younger than the data, or was lost with some of them.</summary>
    [Fact]
    public async Task Start_NothingIsRecorded_IsRefusedIfTheTasksAreThoseOfFewerShards()
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis, shards: 1));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => store.SubmitAsync()));
        await store.Database.KeyDeleteAsync(FleetKeys.Shards);
        using var four = NewReplica(store.Database.Database, shards: 4);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => four.StartAsync());

        Assert.Contains("fewer than 4 shards", refused.Message, StringComparison.Ordinal);
        Assert.True((await store.Database.StringGetAsync(FleetKeys.Shards)).IsNull);
    }

    [Fact]
    public async Task Start_NothingIsRecordedAndTheTasksFit_RecordsTheNumberAgain()
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis, shards: 4));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => store.SubmitAsync()));
        await store.Database.KeyDeleteAsync(FleetKeys.Shards);
        using var four = NewReplica(store.Database.Database, shards: 4);

        await four.StartAsync();

        Assert.Equal(4, await store.Database.StringGetAsync(FleetKeys.Shards));
        await four.StopAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(512)]
    public async Task Start_NumberIsNoPowerOfTwo_IsRefused(int shards)
    {
        using var replica = NewReplica(database: 0, shards);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => replica.StartAsync());

        Assert.Contains($"Storage:Shards ({shards}): Shards must be a power of two from 1 to 256", refused.Message, StringComparison.Ordinal);
    }

    private IHost NewReplica(int database, int shards)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:redis", $"{redis.ConnectionString},defaultDatabase={database}"),
            new("Storage:Shards", $"{shards}"),
        ]);
        builder.Services.AddSingleton<ApiMetrics>();
        builder.AddTaskStorage();
        return builder.Build();
    }
}
