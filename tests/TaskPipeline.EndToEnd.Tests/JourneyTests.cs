using System.Net;
using System.Text;
using System.Text.Json;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests;

public sealed class JourneyTests(RunningTopology topology) : IClassFixture<RunningTopology>
{
    private static readonly string[] s_members =
    [
        "algorithm", "attempt", "attempts", "cancelRequested", "createdAt", "failure", "finishedAt", "id", "input", "labels", "lane", "maxAttempts",
        "nextAttemptAt", "noProgressTimeoutSeconds", "notBefore", "output", "priority", "progress", "queue", "result", "retryOf", "stage", "startBefore",
        "startedAt", "status", "stopConfirmed", "timeoutSeconds", "traceId", "usage", "version", "worker",
    ];

    [Fact]
    public async Task Submit_Hello_CompletesWithWhatTheCodePrinted()
    {
        var task = await topology.SubmitAsync(new { algorithm = "hello" }, waitSeconds: 30);

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal("hello world\n", task.GetProperty("output").GetString());
        Assert.Equal(100, task.GetProperty("progress").GetInt32());
        Assert.Equal(s_members, task.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Submit_CodeWithoutAResult_CompletesAtItsFirstAttempt()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.stall", input = new { seconds = 0 } }, waitSeconds: 30);

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(1, task.GetProperty("attempt").GetInt32());
        Assert.Equal(JsonValueKind.Null, task.GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task Submit_TwoHundredAtOnce_AllCountRight()
    {
        var tasks = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => topology.SubmitAsync(new { algorithm = "primes", input = new { limit = 100_000 } })));

        var ended = await Task.WhenAll(tasks.Select(task => topology.EndAsync(task)));

        Assert.All(ended, task => Assert.Equal("completed", task.GetProperty("status").GetString()));
        Assert.All(ended, task => Assert.Equal(9_592, task.GetProperty("result").GetProperty("count").GetInt32()));
        Assert.Equal(200, ended.Select(task => task.GetProperty("id").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData("fault.segfault", "SIGSEGV", null)]
    [InlineData("fault.abort", "SIGABRT", null)]
    [InlineData("fault.fpe", "SIGFPE", null)]
    [InlineData("fault.exit", null, 3)]
    public async Task Submit_CodeThatCrashes_FailsWithHow(string algorithm, string? signal, int? exitCode)
    {
        var task = await topology.SubmitAsync(new { algorithm, maxAttempts = 1 }, waitSeconds: 30);

        var failure = task.GetProperty("failure");
        Assert.Equal("failed", task.GetProperty("status").GetString());
        Assert.Equal("crash", failure.GetProperty("kind").GetString());
        Assert.Equal(signal, failure.GetProperty("signal").GetString());
        Assert.Equal(exitCode, failure.GetProperty("exitCode").ValueKind == JsonValueKind.Null ? null : failure.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task Submit_CodeThatIgnoresEverything_TimesOut()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.deaf", timeoutSeconds = 1 }, waitSeconds: 30);

        Assert.Equal("timed_out", task.GetProperty("status").GetString());
        Assert.Equal("timeout", task.GetProperty("failure").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Cancel_Pending_EndsAtOnce()
    {
        var task = await topology.SubmitAsync(new { algorithm = "hello", notBefore = DateTimeOffset.UtcNow.AddHours(1) });

        using var response = await topology.Http.DeleteAsync(new Uri($"/tasks/{task.GetProperty("id").GetString()}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("cancelled", JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Cancel_Running_IsConfirmed()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.loop" });
        await topology.StartedAsync(task);

        using var response = await topology.Http.DeleteAsync(new Uri($"/tasks/{task.GetProperty("id").GetString()}", UriKind.Relative));
        var ended = await topology.EndAsync(task);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("cancelled", ended.GetProperty("status").GetString());
        Assert.True(ended.GetProperty("stopConfirmed").GetBoolean());
    }

    [Fact]
    public async Task Submit_SameKeyAtTheSameTime_MakesOneTask()
    {
        var key = Guid.NewGuid().ToString();
        async Task<string> SubmitAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks")
            {
                Content = new StringContent("""{"algorithm":"primes","input":{"limit":10}}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await topology.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        }

        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SubmitAsync()));

        Assert.Single(ids.Distinct());
    }

    [Theory]
    [InlineData("POST", "/tasks", "text/plain", "{}", 415)]
    [InlineData("POST", "/tasks", "application/json", "{", 400)]
    [InlineData("POST", "/tasks", "application/json", "{\"algorithm\":\"nobody-has-this\"}", 400)]
    [InlineData("PUT", "/tasks", "application/json", "{}", 405)]
    [InlineData("POST", "/callbacks", "application/json", "[]", 401)]
    [InlineData("POST", "/nowhere", "application/json", "{}", 404)]
    public async Task Send_BadRequest_IsAProblem(string method, string path, string type, string body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, type) };

        using var response = await topology.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Submit_WorkersKilled_RunsAgainAndCompletes()
    {
        var task = await topology.SubmitAsync(new { algorithm = "hello" });

        await Task.WhenAll(topology.Topology.Workers.Select(worker => worker.SignalAsync("KILL")));
        var ended = await topology.EndAsync(task);

        Assert.Equal("completed", ended.GetProperty("status").GetString());
    }
}
