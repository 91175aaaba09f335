using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>One server of a cluster is away: the tasks of the others go on.</summary>
public sealed class ClusterOutageTests(RedisClusterServer cluster) : IClassFixture<RedisClusterServer>
{
    private const int Shards = 4;

    [Fact]
    public async Task OneServerIsAway_TheShardsOfTheOthersAreServed()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var host = NewReplica();
        await host.StartAsync(limit.Token);
        var store = host.Services.GetRequiredService<ITaskStore>();
        var shards = host.Services.GetRequiredService<TaskShards>();
        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        await store.TakeDueAsync(100, limit.Token);
        var tasks = new List<TaskRecord>();
        for (var shard = 0; shard < Shards; shard++)
        {
            var task = Assert.IsType<SubmitResult.Created>(await SubmitAsync(store, $"first of {shard}", shard)).Record;
            await store.ApplyAsync(task.Id, new TaskTrigger.Claim(1, "claim", "worker"), limit.Token);
            tasks.Add(task);
        }

        // The last shard is alone on its server.
        var servers = await Task.WhenAll(shards.All.Select(shard => redis.IdentifyEndpointAsync(shard.Timers)));
        var away = (IPEndPoint)servers[3]!;
        Assert.DoesNotContain(away, servers.Take(3));
        await cluster.KillServerAsync(away.Port);
        await NoticedAsync(store, tasks[3].Id, limit.Token);

        var verdicts = await store.RenewAsync([.. tasks.Select(task => new RunningAttempt(task.Id, 1, "claim"))], limit.Token);
        Assert.Equal([VerdictKind.Stored, VerdictKind.Stored, VerdictKind.Stored, VerdictKind.Retry], verdicts.Select(verdict => verdict.Kind));
        foreach (var task in tasks.Take(3))
        {
            await redis.SortedSetAddAsync(shards.Of(task.Id).Timers, task.Id.ToString(), 1);
        }

        Assert.Equal(tasks.Take(3).Select(task => task.Id), (await store.TakeDueAsync(100, limit.Token)).Timers.Select(timer => timer.Record.Id).Order());
        Assert.IsType<SubmitResult.Created>(await SubmitAsync(store, "second", shard: 1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => SubmitAsync(store, "second", shard: 3));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ListAsync(new TaskFilter(null, null), before: null, 10, limit.Token));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.GetUsageAsync(limit.Token));
        await host.StopAsync(limit.Token);
    }

    private static async Task NoticedAsync(ITaskStore store, TaskId id, CancellationToken limit)
    {
        while (true)
        {
            try
            {
                await store.GetAsync(id, limit);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit);
            }
            catch (StoreUnavailableException)
            {
                return;
            }
        }
    }

    private static Task<SubmitResult> SubmitAsync(ITaskStore store, string key, int shard) => store.SubmitAsync(
        new NewTask(
            now => new TaskSubmission { Algorithm = "a", TimeoutSeconds = 50, StartBefore = now.AddDays(1), MaxAttempts = 3 },
            "{}"u8.ToArray(),
            Lane.Short,
            TraceParent: null,
            TestStore.Key(key, shard)),
        CancellationToken.None);

    private IHost NewReplica()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:redis", cluster.ConnectionString), new("Storage:Shards", $"{Shards}"), new("Lifecycle:Lease", "00:10:00")]);
        builder.Services.AddSingleton<ApiMetrics>();
        builder.AddTaskStorage();
        return builder.Build();
    }
}
