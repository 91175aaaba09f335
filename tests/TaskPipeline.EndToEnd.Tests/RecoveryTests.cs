using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace TaskPipeline.EndToEnd.Tests;

/// <summary>Redis and RabbitMQ go away, or lose their data, while workers run tasks: everything comes back by itself.</summary>
[Collection(Alone.Name)]
public sealed class RecoveryTests(RecoveryTopology topology) : IClassFixture<RecoveryTopology>
{
    private static readonly TimeSpan s_outage = RecoveryTopology.Lease + TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Redis_AwayForLongerThanALease_TheRunningTaskCompletesAtItsFirstAttempt()
    {
        var running = await StartedAsync(seconds: s_outage.TotalSeconds + 3);
        await topology.Topology.Redis.SignalAsync("STOP");
        try
        {
            using (var refused = await topology.Http.GetAsync(new Uri("/tasks", UriKind.Relative)))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                Assert.NotNull(refused.Headers.RetryAfter);
            }

            // That the time of leases passes is what is tested.
            await Task.Delay(s_outage, TimeProvider.System, CancellationToken.None);
        }
        finally
        {
            // It is started again, with its data.
            await topology.Topology.Redis.SignalAsync("KILL");
        }

        await topology.WholeAsync();
        AssertFirstAttempt(await topology.EndAsync(running));
        AssertCompleted(await topology.SubmitAsync(Primes, waitSeconds: 30));
    }

    [Fact]
    public async Task Redis_EmptiedWhileTasksRun_TheyCompleteAndWorkersAnnounceThemselves()
    {
        var running = new[] { await StartedAsync(seconds: 5), await StartedAsync(seconds: 5) };
        using (var redis = new TcpClient())
        {
            var address = topology.Topology.RedisAddress.Split(':');
            await redis.ConnectAsync(address[0], int.Parse(address[1], CultureInfo.InvariantCulture));
            await redis.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray());
            using var answers = new StreamReader(redis.GetStream());
            Assert.Equal("+OK", await answers.ReadLineAsync());
        }

        await topology.WholeAsync();
        foreach (var task in running)
        {
            await topology.WaitAsync("the task is rebuilt", async token => (await StatusAsync($"/tasks/{RecoveryTopology.IdOf(task)}", token)).Status == HttpStatusCode.OK);
            AssertFirstAttempt(await topology.EndAsync(task));
        }

        AssertCompleted(await topology.SubmitAsync(Primes, waitSeconds: 30));
    }

    [Fact]
    public async Task Broker_Killed_SubmissionsAreAcceptedAndRunWhenItIsBack()
    {
        await topology.Topology.RabbitMq.SignalAsync("KILL");
        await topology.WaitAsync("/health to say so", async token => await StatusAsync("/health", token) == (HttpStatusCode.OK, "Degraded"));

        var tasks = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => topology.SubmitAsync(Primes)));

        await topology.WholeAsync();
        Assert.All(await Task.WhenAll(tasks.Select(task => topology.EndAsync(task))), AssertCompleted);
    }

    [Fact]
    public async Task Broker_EmptiedWhileTasksRunAndWait_AllOfThemComplete()
    {
        var running = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartedAsync(seconds: 4)));

        // More than workers take ahead: most are with the broker alone.
        var waiting = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => topology.SubmitAsync(Primes)));
        using (var management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{topology.Topology.ManagementPort}") })
        {
            // With its virtual host go all queues, exchanges and messages, and every connection.
            management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("guest:guest")));
            using var deleted = await management.DeleteAsync(new Uri("/api/vhosts/%2F", UriKind.Relative));
            using var created = await management.PutAsJsonAsync("/api/vhosts/%2F", new { });
            using var allowed = await management.PutAsJsonAsync("/api/permissions/%2F/guest", new { configure = ".*", write = ".*", read = ".*" });
            Assert.All([deleted, created, allowed], response => Assert.True(response.IsSuccessStatusCode, response.ToString()));
        }

        Assert.All(await Task.WhenAll(running.Select(task => topology.EndAsync(task))), AssertFirstAttempt);
        Assert.All(await Task.WhenAll(waiting.Select(task => topology.EndAsync(task))), AssertCompleted);
        Assert.Contains("had to be declared anew", topology.Log, StringComparison.Ordinal);
    }

    private static object Primes => new { algorithm = "primes", input = new { limit = 10_000 } };

    /// <summary>A task that runs for a while. Urgent: those may use every slot.</summary>
    private async Task<JsonElement> StartedAsync(double seconds) =>
        await topology.StartedAsync(await topology.SubmitAsync(new { algorithm = "fault.stall", priority = "urgent", input = new { seconds } }));

    private async Task<(HttpStatusCode Status, string Text)> StatusAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await topology.Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static void AssertCompleted(JsonElement task) => Assert.Equal("completed", task.GetProperty("status").GetString());

    private static void AssertFirstAttempt(JsonElement task)
    {
        AssertCompleted(task);
        Assert.Equal(1, task.GetProperty("attempt").GetInt32());
    }
}

/// <summary>Tests whose leases are short, while nothing else runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
