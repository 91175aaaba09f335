using System.Net;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Http;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A message that comes when its task is forgotten: between a real worker, a real API, a real Redis and a real broker.</summary>
[Collection(BrokerCollection.Name)]
public sealed class ForgottenTaskTests(RabbitMqServer server, RedisServer redis) : IClassFixture<RedisServer>
{
    private const string Crashing = "fault.segfault";

    [Fact]
    public async Task Message_OfATaskThatWasCancelledAndForgotten_DoesNotRun()
    {
        await using var broker = await BrokerHost.CreateAsync(server);
        await using var api = await ApiProcess.StartAsync(redis.ConnectionString, broker.Uri, new Dictionary<string, string> { ["Lifecycle__Retention"] = "00:00:02" });
        await new FakeWorker(api.Http).ReportAsync(new AnnounceReport
        {
            Worker = FakeWorker.Name,
            Slots = 1,
            Algorithms = [.. FakeWorker.Algorithms, new() { Name = Crashing, Version = "1.0", Description = "Crashes", ExpectedSeconds = 0.1 }],
            Problems = [],
        });
        var id = await api.Http.SubmittedAsync($"{{\"algorithm\":\"{Crashing}\"}}");
        await broker.ExpectCountAsync(1);
        using (var cancelled = await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
            Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        }

        await BrokerHost.UntilAsync(() => IsForgottenAsync(api, id), "the task is still known");

        await using var worker = await WorkerProcess.StartAsync(broker.Uri, api.Http.BaseAddress!.ToString(), ("Callbacks__Secret", ApiProcess.Secret));
        await BrokerHost.UntilAsync(
            () => Task.FromResult(api.Log.Contains($"Task {id} is not in the store and its message is older than the retention", StringComparison.Ordinal)),
            "the message was not refused");

        // What the worker refused is acknowledged within milliseconds, and by all means before another task has run.
        using (var other = await api.Http.SubmitAsync("{\"algorithm\":\"primes\",\"input\":{\"limit\":10}}", ("Prefer", "wait=60")))
        {
            Assert.Equal("completed", (await HttpAssert.BodyAsync(other)).GetProperty("status").GetString());
        }

        await worker.SignalAsync("TERM");
        await worker.ExitAsync();

        // Acknowledged, or it would be back in its queue; and not run, or the worker would have told of the crash.
        Assert.Equal(0u, await broker.CountAsync());
        Assert.DoesNotContain(id, worker.Log, StringComparison.Ordinal);
        Assert.True(await IsForgottenAsync(api, id));
    }

    private static async Task<bool> IsForgottenAsync(ApiProcess api, string id)
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path($"/tasks/{id}"));
        return response.StatusCode == HttpStatusCode.NotFound;
    }
}
