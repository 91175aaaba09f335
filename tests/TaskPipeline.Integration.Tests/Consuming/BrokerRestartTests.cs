using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A broker of their own, which they kill; each leaves it running.</summary>
public sealed class BrokerRestartTests(RabbitMqServer server) : IClassFixture<RabbitMqServer>
{
    /// <summary>A quorum queue is safe from a kill only some seconds after its declaration (RabbitMQ 3.10 to 4.3).</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task BrokerKilledAndStarted_WhileTasksRunAndWait_RunsEachOnce()
    {
        await using var broker = await BrokerHost.CreateAsync(server);
        await using var api = await ScriptedApi.StartAsync();
        await using var worker = await WorkerProcess.StartAsync(broker.Uri, api.Address);
        await Task.Delay(s_settled, TimeProvider.System, CancellationToken.None);
        var messages = Enumerable.Range(0, 6).Select(_ => BrokerHost.Message("hello")).ToArray();
        foreach (var message in messages)
        {
            // As the record does: what has ended is not granted again.
            api.Script(message.TaskId, report => report is StartedReport && api.Received<FinishedReport>(finished => finished.TaskId == message.TaskId).Count > 0
                ? Verdicts.Of(VerdictKind.Stale)
                : null);
            await broker.PublishAsync(message);
        }

        await api.ExpectHeldAsync(messages[0].TaskId);
        await server.StopAsync(kill: true);

        // What ran goes on without a broker.
        await api.ExpectFinishedAsync(messages[0].TaskId);
        await server.StartAsync();

        foreach (var message in messages)
        {
            Assert.Equal(TaskOutcome.Completed, (await api.ExpectFinishedAsync(message.TaskId)).Outcome);
        }

        // Acknowledgements that were lost bring messages back, and every one of them is forgotten.
        await broker.ExpectCountAsync(0);
        Assert.All(messages, message => Assert.Single(api.Received<FinishedReport>(report => report.TaskId == message.TaskId)));
    }

    [Fact]
    public async Task Term_WhenApiAndBrokerAreGone_EndsWithinItsLimits()
    {
        await using var broker = await BrokerHost.CreateAsync(server);
        await using var api = await ScriptedApi.StartAsync();
        await using var worker = await WorkerProcess.StartAsync(broker.Uri, api.Address, ("Worker__DrainGrace", "00:00:01"));
        var message = BrokerHost.Message("fault.deaf");
        await broker.PublishAsync(message);
        await api.ExpectHeldAsync(message.TaskId);
        await server.StopAsync(kill: true);
        await api.DisposeAsync();

        await worker.SignalAsync("TERM");
        var exitCode = await worker.ExitAsync();
        await server.StartAsync();

        Assert.Equal(0, exitCode);
    }
}
