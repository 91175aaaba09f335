using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>Whatever takes a consumer away: the worker subscribes again, and what it runs is not disturbed.</summary>
[Collection(BrokerCollection.Name)]
public sealed class ConnectionTests(RabbitMqServer server) : WorkerFixture(server)
{
    [Fact]
    public async Task LostConnection_WhileATaskRuns_DisturbsNothing()
    {
        var running = BrokerHost.Message("fault.stall", new { seconds = 8 });
        await Broker.PublishAsync(running);
        await Api.ExpectHeldAsync(running.TaskId);

        await Broker.CutAsync();
        await RunAsync();

        // It was delivered again meanwhile, and neither claimed nor run a second time.
        Assert.Equal(TaskOutcome.Completed, (await Api.ExpectFinishedAsync(running.TaskId)).Outcome);
        await RunAsync();
        Assert.Single(Api.Received<StartedReport>(report => report.TaskId == running.TaskId));
        Assert.Single(Api.Received<FinishedReport>(report => report.TaskId == running.TaskId));
    }

    [Fact]
    public async Task DeletedQueue_StopsNoOtherLaneAndIsConsumedAgain()
    {
        await RunAsync();

        await Broker.DeleteQueueAsync(Lane.Short);

        // Not before the broker has cancelled the consumer: RabbitMQ 3.10 gives a queue that is declared again within that moment
        // the consumer of the old one by itself, and keeps what it then believes to have delivered (decision 0004).
        await BrokerHost.UntilAsync(() => Task.FromResult(Worker.Log.Contains("the consumer was cancelled", StringComparison.Ordinal)), "the worker did not notice");
        await RunAsync(Lane.Long);
        await Broker.DeclareAsync();

        await RunAsync();
    }

    [Fact]
    public async Task CutAgainAndAgain_SubscribesEachTime()
    {
        for (var cut = 0; cut < 3; cut++)
        {
            await RunAsync();
            await Broker.CutAsync();
        }

        await RunAsync();
    }

    [Fact]
    public async Task CancelledConsumersConnection_StillHearsCancellations()
    {
        await RunAsync();
        await Broker.CutAsync();
        var running = BrokerHost.Message("fault.loop");
        await Broker.PublishAsync(running);
        await Api.ExpectHeldAsync(running.TaskId);

        await Broker.CancelAsync(running.TaskId);

        Assert.Equal(TaskOutcome.Cancelled, (await Api.ExpectFinishedAsync(running.TaskId)).Outcome);
    }

    private async Task RunAsync(Lane lane = Lane.Short)
    {
        var message = BrokerHost.Message("primes", new { limit = 10 }) with { Lane = lane };
        await Broker.PublishAsync(message);
        await Api.ExpectFinishedAsync(message.TaskId);
    }
}
