using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Scheduling;

/// <summary>What a worker keeps others from: one delivery of each lane beyond what can start, and that not for long if another has room.</summary>
[Collection(BrokerCollection.Name)]
public sealed class LaneHoldingTests(RabbitMqServer server) : WorkerFixture(server)
{
    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    [Fact]
    public async Task Deliveries_NoneCanStart_OneOfEachLaneWaitsHere()
    {
        await OccupyAsync(2);
        foreach (var lane in s_lanes)
        {
            await Broker.ExpectPrefetchAsync(lane == Lane.Short ? 3 : 1, lane);
        }

        foreach (var lane in s_lanes.SelectMany(lane => Enumerable.Repeat(lane, 4)))
        {
            await Broker.PublishAsync(BrokerHost.Message("primes", new { limit = 10 }, lane: lane));
        }

        foreach (var lane in s_lanes)
        {
            await Broker.ExpectCountAsync(3, lane);
        }

        var beat = await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Waiting?.Sum() == 4);
        Assert.Equal([1, 1, 1, 1], beat.Waiting!);
        Assert.Equal(2, Api.Received<StartedReport>().Count);
    }

    [Fact]
    public async Task Deliveries_RunsAreVeryShort_ManyMayBeHeldUntilNoneCanRun()
    {
        var fast = 2 * new Algorithm.Scheduling.SchedulingOptions().FastPrefetchPerSlot;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var isFast = Broker.ExpectPrefetchAsync(fast, Lane.Short);
        while (!isFast.IsCompleted && !limit.IsCancellationRequested)
        {
            // How long a run takes is up to the machine: the mean follows once it is itself again.
            var message = BrokerHost.Message("primes", new { limit = 10 });
            await Broker.PublishAsync(message);
            await Api.ExpectFinishedAsync(message.TaskId);
        }

        await isFast;
        await OccupyAsync(2, Lane.Long);

        await Broker.ExpectPrefetchAsync(1, Lane.Short);
    }

    [Fact]
    public async Task Delivery_HasWaitedForASecond_GoesToAnotherWorkerOnlyOnceThatHasRoom()
    {
        await OccupyAsync(2);
        var waiting = BrokerHost.Message("primes", new { limit = 10 });
        await Broker.PublishAsync(waiting);
        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Waiting?[(int)Lane.Short] == 1);
        var busy = Api.Received<HeartbeatReport>()[0].Worker;
        await using var idle = await WorkerProcess.StartAsync(Broker.Uri, Api.Address);
        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Worker != busy);

        // Ten beats, two seconds: as long as nobody is said to have room it stays.
        var beats = Api.Received<HeartbeatReport>(beat => beat.Worker == busy).Count;
        await Api.ExpectAsync<HeartbeatReport>(beat => beat.Worker == busy, beats + 10);
        Assert.DoesNotContain(Api.Received<StartedReport>(), report => report.TaskId == waiting.TaskId);
        Answer([Lane.Long]);
        await Api.ExpectAsync<HeartbeatReport>(beat => beat.Worker == busy, beats + 15);
        Assert.DoesNotContain(Api.Received<StartedReport>(), report => report.TaskId == waiting.TaskId);
        Answer([Lane.Short]);
        await Api.ExpectFinishedAsync(waiting.TaskId);

        var claim = Assert.Single(Api.Received<StartedReport>(report => report.TaskId == waiting.TaskId));
        Assert.NotEqual(busy, claim.Worker);
        Assert.DoesNotContain(Api.Received<TaskReport>(), report => report is ReleasedReport);
        await Broker.ExpectCountAsync(0);
    }

    private void Answer(Lane[] roomElsewhere) => Api.Beat = beat => new ReportVerdict
    {
        Kind = VerdictKind.Stored,
        Attempts = [.. beat.Running.Select(_ => new AttemptVerdict(VerdictKind.Stored, Cancel: false))],
        Lanes = new LaneOrders { RoomElsewhere = roomElsewhere },
    };

    /// <summary>Takes slots with tasks that don't end.</summary>
    private async Task OccupyAsync(int slots, Lane lane = Lane.Short)
    {
        for (var n = 0; n < slots; n++)
        {
            var message = BrokerHost.Message("fault.stall", lane: lane);
            await Broker.PublishAsync(message);
            await Api.ExpectHeldAsync(message.TaskId);
        }
    }
}
