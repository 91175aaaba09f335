using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A queue has messages ready and does not deliver them to a worker that has places open.</summary>
[Collection(BrokerCollection.Name)]
public sealed class StallTests(RabbitMqServer server) : WorkerFixture(server)
{
    protected override (string Name, string Value)[] Settings => [("Consuming__StalledAfter", "00:00:02")];

    [Fact]
    public async Task Queue_KeepsBackWhatIsReady_TheWorkerConnectsAnew()
    {
        await Worker.DisposeAsync();
        var (kept, held) = (BrokerHost.Message("primes", new { limit = 10 }), BrokerHost.Message("primes", new { limit = 10 }));
        await using (await Broker.KeepBackAsync(Lane.Short))
        {
            await Broker.PublishAsync(kept);
            await Broker.PublishAsync(held);
            await StartWorkerAsync();

            await BrokerHost.UntilAsync(
                () => Task.FromResult(Worker.Log.Contains("taskpipeline.tasks.short has messages ready and delivers none", StringComparison.Ordinal)), "the worker did not notice");
        }

        foreach (var message in new[] { kept, held })
        {
            Assert.Equal(TaskOutcome.Completed, (await Api.ExpectFinishedAsync(message.TaskId)).Outcome);
        }
    }

    [Fact]
    public async Task Queue_HasNothingReady_TheWorkerStaysConnected()
    {
        var running = BrokerHost.Message("fault.stall", new { seconds = 8 });
        await Broker.PublishAsync(running);

        // More than three looks.
        Assert.Equal(TaskOutcome.Completed, (await Api.ExpectFinishedAsync(running.TaskId)).Outcome);
        Assert.DoesNotContain("delivers none", Worker.Log, StringComparison.Ordinal);
        Assert.Single(Api.Received<StartedReport>(report => report.TaskId == running.TaskId));
    }
}
