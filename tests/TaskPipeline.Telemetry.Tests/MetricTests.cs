using System.Net;
using System.Net.Http.Json;
using TaskPipeline.Telemetry.Tests.Otlp;

namespace TaskPipeline.Telemetry.Tests;

[Collection(ObservedCollection.Name)]
public sealed class MetricTests(ObservedTopology topology)
{
    [Fact]
    public async Task Metrics_AfterARunAndACrash_AreThoseOfThePage()
    {
        var received = await ReceivedAsync();

        var ours = received.Metrics.Where(metric => metric.Meter.StartsWith("TaskPipeline.", StringComparison.Ordinal)).Select(metric => $"{metric.Name} {metric.Unit} {metric.Meter}").Distinct();
        Assert.Equal(ObservabilityPage.Metrics.Select(row => $"{row.Name} {row.Unit} {row.Meter}").Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Metrics_Attributes_AreThoseOfThePageAndNeverIds()
    {
        var received = await ReceivedAsync();

        foreach (var row in ObservabilityPage.Metrics)
        {
            var names = received.Metrics.Where(metric => metric.Name == row.Name).SelectMany(metric => metric.Points).SelectMany(point => point.Keys).ToHashSet();
            Assert.Equal(row.Attributes.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
            Assert.DoesNotContain(names, name => name.EndsWith(".id", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Metrics_RunTime_HasTheTraceOfATaskAsExample()
    {
        var task = await topology.SubmitAsync(new { algorithm = "primes", input = new { limit = 1000 } }, waitSeconds: 30);
        var trace = task.GetProperty("traceId").GetString()!;

        var received = await topology.Receiver.UntilAsync("an example", telemetry => telemetry.Metrics.Any(metric => metric.Name == "taskpipeline.attempts.run_time" && metric.ExampleTraces.Contains(trace)));

        Assert.NotEmpty(received.Metrics);
    }

    /// <summary>What is there once a task has completed, one has crashed, one was refused, and all are counted.</summary>
    private async Task<Received> ReceivedAsync()
    {
        await topology.SubmitAsync(new { algorithm = "primes", input = new { limit = 1000 } }, waitSeconds: 30);
        await topology.SubmitAsync(new { algorithm = "fault.segfault", maxAttempts = 1 }, waitSeconds: 30);
        await RefuseAsync();
        return await topology.Receiver.UntilAsync("every metric of the page", telemetry => ObservabilityPage.Metrics.All(row =>
            row.Attributes.All(name => telemetry.Metrics.Any(metric => metric.Name == row.Name && metric.Points.Any(point => point.ContainsKey(name))))
            && telemetry.Metrics.Any(metric => metric.Name == row.Name)));
    }

    /// <summary>Submits what cannot start in time, until the API knows the fleet well enough to say so.</summary>
    private async Task RefuseAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var content = JsonContent.Create(new { algorithm = "primes", maxWaitSeconds = 1e-9 });
            using var response = await topology.Http.PostAsync(new Uri("/tasks", UriKind.Relative), content, limit.Token);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }
    }
}
