using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>SIGTERM: nothing new, a grace for what runs, the rest given back, and an end whatever does not answer.</summary>
[Collection(BrokerCollection.Name)]
public sealed class DrainTests(RabbitMqServer server) : WorkerFixture(server)
{
    protected override (string Name, string Value)[] Settings => [("Worker__Slots", "1"), ("Worker__DrainGrace", "00:00:20")];

    [Fact]
    public async Task Term_WhileATaskRuns_LeavesAtOnceFinishesItAndGivesTheRestBack()
    {
        var over = Path.Combine(Path.GetTempPath(), $"tp-over-{Guid.NewGuid():N}");
        var (running, waiting) = (BrokerHost.Message("fault.neighbour", new { file = over }), BrokerHost.Message("hello"));
        await Broker.PublishAsync(running);
        await Api.ExpectHeldAsync(running.TaskId);
        await Broker.PublishAsync(waiting);

        await Worker.SignalAsync("TERM");

        // It leaves, and what waited is the broker's again, while the task still runs.
        var leaving = await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Draining);
        await Broker.ExpectCountAsync(2);
        Assert.Contains(leaving.Running, attempt => attempt.TaskId == running.TaskId);
        Assert.Empty(Api.Received<FinishedReport>());
        await File.WriteAllTextAsync(over, "");
        Assert.Equal(0, await Worker.ExitAsync());
        File.Delete(over);
        Assert.Equal(TaskOutcome.Completed, (await Api.ExpectFinishedAsync(running.TaskId)).Outcome);
        Assert.DoesNotContain(Api.Received<TaskReport>(), report => report.TaskId == waiting.TaskId || report is ReleasedReport);
    }

    [Fact]
    public async Task Term_ToAnIdleWorker_EndsIt()
    {
        await Api.ExpectAsync<HeartbeatReport>(_ => true);

        await Worker.SignalAsync("TERM");

        Assert.Equal(0, await Worker.ExitAsync());
        Assert.True(Api.Received<HeartbeatReport>()[^1].Draining);
    }

    [Fact]
    public async Task Term_ToATaskThatCancelsStillReach_StopsIt()
    {
        var message = BrokerHost.Message("fault.loop");
        await Broker.PublishAsync(message);
        await Api.ExpectHeldAsync(message.TaskId);
        await Worker.SignalAsync("TERM");
        await Api.ExpectOneAsync<HeartbeatReport>(beat => beat.Draining);

        await Broker.CancelAsync(message.TaskId);

        Assert.Equal(TaskOutcome.Cancelled, (await Api.ExpectFinishedAsync(message.TaskId)).Outcome);
        Assert.Equal(0, await Worker.ExitAsync());
    }
}

/// <summary>The grace is shorter than the task.</summary>
[Collection(BrokerCollection.Name)]
public sealed class DrainGraceTests(RabbitMqServer server) : WorkerFixture(server)
{
    protected override (string Name, string Value)[] Settings => [("Worker__DrainGrace", "00:00:01")];

    [Fact]
    public async Task Term_WhenTheGraceIsOver_ReleasesWhatStillRuns()
    {
        var message = BrokerHost.Message("fault.deaf");
        await Broker.PublishAsync(message);
        await Api.ExpectHeldAsync(message.TaskId);

        await Worker.SignalAsync("TERM");

        var released = await Api.ExpectOneAsync<ReleasedReport>(report => report.TaskId == message.TaskId);
        Assert.Equal(ReleaseReason.Draining, released.Reason);
        Assert.Equal(0, await Worker.ExitAsync());
        Assert.Empty(Api.Received<FinishedReport>());
    }

    [Fact]
    public async Task Term_WhenTheApiIsGone_EndsWithinItsLimits()
    {
        var message = BrokerHost.Message("fault.deaf");
        await Broker.PublishAsync(message);
        await Api.ExpectHeldAsync(message.TaskId);
        Api.Refuse = _ => 503;

        await Worker.SignalAsync("TERM");

        // The report is asked for to the end and then given up: the lease ends the attempt.
        Assert.Equal(0, await Worker.ExitAsync());
        Assert.Contains("given up unreported", Worker.Log, StringComparison.Ordinal);
        await Broker.ExpectCountAsync(1);
    }
}
