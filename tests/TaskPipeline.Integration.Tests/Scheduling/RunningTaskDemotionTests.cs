using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Scheduling;

/// <summary>A task that outstays its lane: moved to the slow account, made to make way, made good, told at once. Two slots, of which one is reserved.</summary>
[Collection(BrokerCollection.Name)]
public sealed class RunningTaskDemotionTests(RabbitMqServer server) : WorkerFixture(server)
{
    private const double Outstay = 0.5;

    [Fact]
    public async Task Run_OutstaysItsLane_MakesWayIsToldAtOnceAndSpoilsNoHost()
    {
        Demote();
        var message = BrokerHost.Message("fault.stall", new { seconds = 8 }) with { RunClass = "1.0.0:s4" };
        await Broker.PublishAsync(message);

        var demoted = await Api.ExpectOneAsync<DemotedReport>(_ => true);

        Assert.Equal(("fault.stall", "1.0.0:s4", Lane.Short), (demoted.Algorithm, demoted.RunClass, demoted.Lane));
        Assert.InRange(demoted.RunSeconds, Outstay / 5, 60);
        Assert.Empty(Api.Received<FinishedReport>());
        await BrokerHost.UntilAsync(() => Task.FromResult(HostProcesses.CountLowered(Worker) == 1), "no host makes way");
        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat is { Busy: 1, SlowBusy: 1 });

        var finished = await Api.ExpectFinishedAsync(message.TaskId);

        Assert.Equal(TaskOutcome.Completed, finished.Outcome);
        Assert.InRange(finished.DemotedSeconds!.Value, 0.001, finished.Usage!.WallSeconds);
        Assert.Single(Api.Received<DemotedReport>());

        // Its host cannot become as urgent as it was, so it runs nothing more.
        await BrokerHost.UntilAsync(() => Task.FromResult(HostProcesses.CountLowered(Worker) == 0), "the host that made way lives on");
    }

    [Fact]
    public async Task Run_EndsInTime_IsNotDemoted()
    {
        Demote(outstay: 30);
        var message = BrokerHost.Message("primes", new { limit = 10 });
        await Broker.PublishAsync(message);

        Assert.Null((await Api.ExpectFinishedAsync(message.TaskId)).DemotedSeconds);
        Assert.Empty(Api.Received<DemotedReport>());
    }

    [Fact]
    public async Task Run_DemotedTasksHoldTheReservedSlot_IsMadeGoodByOneProcessAndNoMore()
    {
        Demote();
        var held = await RunAsync(2);
        await Api.ExpectAsync<DemotedReport>(_ => true, count: 2);

        // The two slots are taken by what is slow now: the one that quick tasks lost by it is made good.
        var third = (await RunAsync(1))[0];
        await Api.ExpectAsync<DemotedReport>(_ => true, count: 3);
        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat is { Busy: 3, SlowBusy: 3 });

        // Only one: the next waits for an end, although three run in two slots.
        var fourth = BrokerHost.Message("primes", new { limit = 10 });
        await Broker.PublishAsync(fourth);
        await Api.ExpectAsync<HeartbeatReport>(beat => beat.Busy == 3 && beat.Waiting![(int)Lane.Short] == 1, count: 5);
        Assert.DoesNotContain(Api.Received<StartedReport>(), report => report.TaskId == fourth.TaskId);
        await Broker.CancelAsync(third.TaskId);
        await Api.ExpectFinishedAsync(fourth.TaskId);

        Assert.DoesNotContain(Api.Received<FinishedReport>(), report => held.Any(one => one.TaskId == report.TaskId));
    }

    /// <summary>Answers heartbeats with a reserve of one slot and a limit for quick runs.</summary>
    private void Demote(double outstay = Outstay) => Api.Beat = beat => new ReportVerdict
    {
        Kind = VerdictKind.Stored,
        Attempts = [.. beat.Running.Select(_ => new AttemptVerdict(VerdictKind.Stored, Cancel: false))],
        Lanes = new LaneOrders { ReservedSlots = 1, OutstaySeconds = outstay },
    };

    /// <summary>Runs tasks that don't end.</summary>
    private async Task<IReadOnlyList<TaskMessage>> RunAsync(int count)
    {
        TaskMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => BrokerHost.Message("fault.stall"))];
        foreach (var message in messages)
        {
            await Broker.PublishAsync(message);
            await Api.ExpectHeldAsync(message.TaskId);
        }

        return messages;
    }
}
