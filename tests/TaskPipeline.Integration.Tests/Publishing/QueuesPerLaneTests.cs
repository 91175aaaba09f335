using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Integration.Tests.Http;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Publishing;

/// <summary>An API with several queues for each lane. Nobody consumes: what is published stays where it is.</summary>
[Collection(BrokerCollection.Name)]
public sealed class QueuesPerLaneTests(RabbitMqServer server) : IAsyncLifetime
{
    private const int Queues = 4;
    private const int Count = 40;

    private readonly RedisServer _redis = new();
    private BrokerHost _broker = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _broker = await BrokerHost.CreateAsync(server);
    }

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _redis.StopAsync();
        _redis.Dispose();
    }

    [Fact]
    public async Task Submit_SeveralQueues_EachGetsItsTasksAndGetsThemAgainWhenItIsPurged()
    {
        await using var api = await StartAsync(Queues, laneWatch: "00:00:01");
        var ids = await SubmitAsync(api);
        foreach (var queue in All)
        {
            await _broker.ExpectTasksAsync(queue, Of(queue, ids));
        }

        await _broker.PurgeAsync(All[2].Name);

        await _broker.ExpectTasksAsync(All[2], Of(All[2], ids));
        Assert.All(All, queue => Assert.NotEmpty(Of(queue, ids)));
        await _broker.ExpectTasksAsync(All[1], Of(All[1], ids));
    }

    [Fact]
    public async Task Start_WithMoreQueuesThanBefore_PublishesWaitingTasksToTheirOwnAndRefusesTheOldMessages()
    {
        string[] ids;
        await using (var before = await StartAsync(queuesPerLane: 1))
        {
            ids = await SubmitAsync(before);
            await _broker.ExpectTasksAsync(All[0], ids);
        }

        await using var api = await StartAsync(Queues);
        foreach (var queue in All.Skip(1))
        {
            await _broker.ExpectTasksAsync(queue, Of(queue, ids));
        }

        // What was published before is still in the first queue: its own tasks, and the messages of others, which are nothing any more.
        await _broker.ExpectTasksAsync(All[0], ids);
        var worker = new FakeWorker(api.Http);
        var (stays, moves) = (Of(All[0], ids)[0], Of(All[3], ids)[0]);
        Assert.Equal(VerdictKind.Granted, (await worker.ClaimAsync(stays, dispatch: 1)).Kind);
        Assert.Equal(VerdictKind.Stale, (await worker.ClaimAsync(moves, dispatch: 1)).Kind);
        Assert.Equal(VerdictKind.Granted, (await worker.ClaimAsync(moves, dispatch: 2)).Kind);
    }

    private static LaneQueue[] All { get; } = [.. LaneQueue.All(Lane.Short, Queues)];

    private static string[] Of(LaneQueue queue, string[] ids) => [.. ids.Where(id => TaskId.TryParse(id, out var task) && queue.Carries(Lane.Short, task))];

    private static async Task<string[]> SubmitAsync(ApiProcess api)
    {
        await new FakeWorker(api.Http).AnnounceAsync();
        return await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => api.Http.SubmittedAsync()));
    }

    private Task<ApiProcess> StartAsync(int queuesPerLane, string laneWatch = "01:00:00") => ApiProcess.StartAsync(
        _redis.ConnectionString, _broker.Uri, new Dictionary<string, string> { ["Publishing__QueuesPerLane"] = $"{queuesPerLane}", ["Publishing__LaneWatch"] = laneWatch });
}
