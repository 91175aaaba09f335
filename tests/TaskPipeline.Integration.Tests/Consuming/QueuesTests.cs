using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A worker with two slots takes from more queues of a lane than it may hold deliveries.</summary>
[Collection(BrokerCollection.Name)]
public sealed class QueuesTests(RabbitMqServer server) : WorkerFixture(server)
{
    private const int Queues = 8;
    private static readonly (string Name, string Value) s_queues = ("Consuming__QueuesPerLane", "8");

    protected override int QueuesPerLane => Queues;

    protected override (string Name, string Value)[] Settings => [s_queues];

    [Fact]
    public async Task Tasks_OneInEachQueueOfEachLane_AllAreRun()
    {
        var messages = Enum.GetValues<Lane>()
            .SelectMany(lane => Enumerable.Range(0, Queues).Select(queue => BrokerHost.Message("primes", new { limit = 10 }, id: BrokerHost.IdIn(queue), lane: lane))).ToList();
        await Task.WhenAll(messages.Select(Broker.PublishAsync));

        await Task.WhenAll(messages.Select(message => Api.ExpectFinishedAsync(message.TaskId)));

        await Api.ExpectIdleAsync();
        await Worker.KillAsync();
        foreach (var lane in Enum.GetValues<Lane>())
        {
            await Broker.ExpectCountAsync(0, lane);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Tasks_AllInOneQueue_TakeEverySlot(int queue)
    {
        await Broker.ExpectPrefetchAsync(Queues, Lane.Short);

        // Tasks that don't end: the second starts only if its queue gets another place while the first holds one.
        var messages = Enumerable.Range(0, 2).Select(_ => BrokerHost.Message("fault.stall", id: BrokerHost.IdIn(queue))).ToList();
        await Task.WhenAll(messages.Select(Broker.PublishAsync));

        await Task.WhenAll(messages.Select(message => Api.ExpectHeldAsync(message.TaskId)));
    }

    [Fact]
    public async Task Deliveries_NoneCanStart_OneOfEachLaneWaitsHere()
    {
        foreach (var queue in (int[])[3, 6])
        {
            var running = BrokerHost.Message("fault.stall", id: BrokerHost.IdIn(queue));
            await Broker.PublishAsync(running);
            await Api.ExpectHeldAsync(running.TaskId);
        }

        // The consumers that brought what runs have moved on as well.
        foreach (var lane in Enum.GetValues<Lane>())
        {
            await Broker.ExpectPrefetchAsync(1, lane);
        }

        var waiting = Enum.GetValues<Lane>().SelectMany(lane => Enumerable.Range(0, Queues).Select(queue => BrokerHost.Message("primes", id: BrokerHost.IdIn(queue), lane: lane)));
        await Task.WhenAll(waiting.Select(Broker.PublishAsync));

        foreach (var lane in Enum.GetValues<Lane>())
        {
            await Broker.ExpectCountAsync(Queues - 1, lane);
        }

        var beat = await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Waiting?.Sum() == 4);
        Assert.Equal([1, 1, 1, 1], beat.Waiting!);
        Assert.Equal(2, Api.Received<StartedReport>().Count);
    }

    [Fact]
    public async Task Delivery_GivenToOthers_GoesToTheQueueThatItCameFrom()
    {
        // Without the first queue it cannot go there.
        await Broker.DeleteQueueAsync(Lane.Short);
        foreach (var queue in (int[])[1, 2])
        {
            var running = BrokerHost.Message("fault.stall", id: BrokerHost.IdIn(queue));
            await Broker.PublishAsync(running);
            await Api.ExpectHeldAsync(running.TaskId);
        }

        var waiting = Enumerable.Range(1, Queues - 1).Select(queue => BrokerHost.Message("primes", new { limit = 10 }, id: BrokerHost.IdIn(queue))).ToList();
        foreach (var message in waiting)
        {
            await Broker.CopyAsync(LaneQueue.For(Lane.Short, message.TaskId, Queues), to: $"{message.TaskId}");
            await Broker.PublishAsync(message);
        }

        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Waiting?[(int)Lane.Short] == 1);
        Api.Beat = beat => new ReportVerdict
        {
            Kind = VerdictKind.Stored,
            Attempts = [.. beat.Running.Select(_ => new AttemptVerdict(VerdictKind.Stored, Cancel: false))],
            Lanes = new LaneOrders { RoomElsewhere = [Lane.Short] },
        };
        await using var idle = await WorkerProcess.StartAsync(Broker.Uri, Api.Address, s_queues);
        await Task.WhenAll(waiting.Select(message => Api.ExpectFinishedAsync(message.TaskId)));

        IReadOnlyList<TaskId>[] copies = [];
        await BrokerHost.UntilAsync(
            async () => (copies = await Task.WhenAll(waiting.Select(message => Broker.TasksInAsync($"{message.TaskId}")))).Sum(copy => copy.Count) >= Queues, "nothing was given back");
        Assert.All(copies, (copy, n) => Assert.All(copy, id => Assert.Equal(waiting[n].TaskId, id)));
        Assert.DoesNotContain(Api.Received<TaskReport>(), report => report is ReleasedReport);
    }

    [Fact]
    public async Task Queues_DeclaredLater_AreTakenFromAsWell()
    {
        await using var few = await BrokerHost.CreateAsync(Server, queuesPerLane: 1);
        await using var worker = await WorkerProcess.StartAsync(few.Uri, Api.Address, s_queues);
        var early = BrokerHost.Message("primes", new { limit = 10 }, id: BrokerHost.IdIn(7));
        await few.PublishAsync(early);
        await Api.ExpectFinishedAsync(early.TaskId);

        await few.DeclareAsync(Queues);
        var late = BrokerHost.Message("primes", new { limit = 10 }, id: BrokerHost.IdIn(7));
        await few.PublishAsync(late);
        await Api.ExpectFinishedAsync(late.TaskId);
    }
}
