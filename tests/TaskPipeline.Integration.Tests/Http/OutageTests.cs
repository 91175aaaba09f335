using System.Net;
using StackExchange.Redis;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>Redis or the broker away. The API of these tests never has a broker.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    /// <summary>However slow the machine of a test is.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The contract says one second, which is what one answer of Redis may take (<c>StorageExtensionsTests</c>). A route that waited for two would
    /// take longer than this each time; the machine may be slow, and so the quickest of some answers decides.
    /// </summary>
    private static readonly TimeSpan s_twoAnswers = 2 * StorageExtensions.AnswerLimit;

    private const int Tries = 10;

    private readonly RedisServer _redis = new();
    private ApiProcess _api = null!;
    private FakeWorker _worker = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _api = await ApiProcess.StartAsync(
            _redis.ConnectionString, "amqp://guest:guest@127.0.0.1:1", new Dictionary<string, string> { ["Storage__MaxUnpublished"] = "3", ["Tasks__ConfirmWait"] = "00:00:00.2" });
        _worker = new FakeWorker(_api.Http);
        await _worker.AnnounceAsync();
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _redis.DisposeAsync();
        _redis.Dispose();
    }

    [Fact]
    public async Task BrokerAway_SubmissionsAreAcceptedUntilTheBacklogIsFull()
    {
        using var health = await _api.Http.GetAsync(HttpAssert.Path("/health"));
        Assert.Equal((HttpStatusCode.OK, "Degraded"), (health.StatusCode, await health.Content.ReadAsStringAsync()));
        var id = await _api.Http.SubmittedAsync();
        await _api.Http.SubmittedAsync();
        await _api.Http.SubmittedAsync();

        using var full = await _api.Http.SubmitAsync("{\"algorithm\":\"primes\"}", ("Idempotency-Key", "one"));
        await HttpAssert.ProblemAsync(full, 503, "backlog-full");
        Assert.NotNull(full.Headers.RetryAfter);

        using (await _api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        await _api.Http.SubmittedAsync("{\"algorithm\":\"primes\"}", ("Idempotency-Key", "one"));
        using var retry = await _api.Http.SendAsync(HttpMethod.Post, $"/tasks/{id}/retry");
        await HttpAssert.ProblemAsync(retry, 503, "backlog-full");
    }

    [Fact]
    public async Task RedisGone_EveryRouteSaysSoAtOnceAndTheApiComesBackByItself()
    {
        var id = await _api.Http.SubmittedAsync();
        await _redis.StopAsync(kill: true);

        await EveryRouteIsUnavailableAsync(id);
        using (var health = await _api.Http.GetAsync(HttpAssert.Path("/health")))
        {
            await HttpAssert.ProblemAsync(health, 503, "unavailable");
        }

        using (var alive = await _api.Http.GetAsync(HttpAssert.Path("/alive")))
        {
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }

        await _redis.StartAsync();
        await BackAsync(id);
        Assert.Equal("pending", (await _api.Http.TaskAsync(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task RedisFrozen_EveryRouteSaysSoAtOnce()
    {
        var id = await _api.Http.SubmittedAsync();
        await _redis.SignalAsync("STOP");
        try
        {
            await EveryRouteIsUnavailableAsync(id);
        }
        finally
        {
            // Whatever happens: a frozen process could not be asked to end.
            await _redis.SignalAsync("CONT");
        }

        await BackAsync(id);
    }

    [Fact]
    public async Task RedisLacksReplicas_WhatWouldWriteSaysSoUntilItHasThem()
    {
        var id = await _api.Http.SubmittedAsync();
        await CommandAsync("CONFIG SET min-replicas-to-write 1");

        using (var refused = await _api.Http.SubmitAsync("{\"algorithm\":\"primes\"}"))
        {
            await HttpAssert.ProblemAsync(refused, 503, "unavailable");
        }

        Assert.Equal("pending", (await _api.Http.TaskAsync(id)).GetProperty("status").GetString());
        await CommandAsync("CONFIG SET min-replicas-to-write 0");
        await _api.Http.SubmittedAsync();
    }

    [Fact]
    public async Task ChangesCannotBeSubscribedTo_WaitsGoOnUntilTheyCanAndEndAtTheirLimit()
    {
        var id = await _api.Http.SubmittedAsync();
        await CommandAsync("ACL SETUSER default -subscribe");

        using (var over = await _api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=1")))
        {
            Assert.Equal("pending", (await HttpAssert.BodyAsync(over)).GetProperty("status").GetString());
        }

        var refused = await CommandAsync("INFO errorstats");
        var waiting = _api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=60"));
        using var limit = new CancellationTokenSource(s_limit);
        while (await CommandAsync("INFO errorstats") == refused)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }

        await CommandAsync("ACL SETUSER default +subscribe");
        await _worker.ClaimAsync(id);
        await _worker.FinishAsync(id);
        using var answer = await waiting.WaitAsync(s_limit);
        Assert.Equal("completed", (await HttpAssert.BodyAsync(answer)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task RedisEmptied_ReportsBringTheirTasksBack()
    {
        var running = await _api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"input\":{\"limit\":3},\"labels\":{\"a\":\"b\"}}");
        var waiting = await _api.Http.SubmittedAsync();
        await _worker.ClaimAsync(running);
        var messages = new[] { await MessageAsync(running), await MessageAsync(waiting) };
        await using (var admin = await ConnectionMultiplexer.ConnectAsync($"{_redis.ConnectionString},allowAdmin=true"))
        {
            await admin.GetServers()[0].FlushAllDatabasesAsync();
        }

        Assert.Equal(VerdictKind.Unknown, (await _worker.FinishAsync(running)).Kind);
        Assert.Equal(VerdictKind.Stored, (await _worker.FinishAsync(running, message: messages[0])).Kind);
        Assert.Equal(VerdictKind.Unknown, (await _worker.ClaimAsync(waiting)).Kind);
        Assert.Equal(VerdictKind.Granted, (await _worker.ClaimAsync(waiting, message: messages[1])).Kind);

        var ended = await _api.Http.TaskAsync(running);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal("{\"limit\":3}", ended.GetProperty("input").GetRawText());
        Assert.True((await _worker.ReportAsync(new HeartbeatReport { Worker = FakeWorker.Name, Busy = 0, Running = [] })).Announce);
    }

    private async Task EveryRouteIsUnavailableAsync(string id)
    {
        var routes = new (HttpMethod Method, string Path, string? Body)[]
        {
            (HttpMethod.Get, "/tasks", null), (HttpMethod.Get, "/tasks?status=pending", null), (HttpMethod.Post, "/tasks", "{\"algorithm\":\"primes\"}"),
            (HttpMethod.Get, $"/tasks/{id}", null), (HttpMethod.Get, $"/tasks/{id}/events", null), (HttpMethod.Delete, $"/tasks/{id}", null),
            (HttpMethod.Post, $"/tasks/{id}/retry", null), (HttpMethod.Get, "/algorithms", null), (HttpMethod.Get, "/workers", null),
        };
        await Task.WhenAll(routes.Select(route => WithinASecondAsync($"{route.Method} {route.Path}", async () =>
        {
            var content = route.Body is null ? null : HttpAssert.Json(route.Body);
            using var response = await _api.Http.SendAsync(route.Method, route.Path, content, ("Prefer", "wait=30"));
            await HttpAssert.ProblemAsync(response, 503, "unavailable");
            Assert.Equal("1", HttpAssert.Header(response, "Retry-After"));
        })));
        await WithinASecondAsync("a report", async () => Assert.Equal(VerdictKind.Retry, (await _worker.ProgressAsync(id, 1, 1)).Kind));
    }

    private static async Task WithinASecondAsync(string what, Func<Task> ask)
    {
        var quickest = TimeSpan.MaxValue;
        for (var n = 0; n < Tries && quickest >= s_twoAnswers; n++)
        {
            var begun = TimeProvider.System.GetTimestamp();
            await ask().WaitAsync(s_limit);
            quickest = TimeSpan.FromTicks(Math.Min(quickest.Ticks, TimeProvider.System.GetElapsedTime(begun).Ticks));
        }

        Assert.True(quickest < s_twoAnswers, $"{what} takes {quickest.TotalSeconds} s");
    }

    private Task<string> CommandAsync(string command) => RedisCommand.SendAsync(_redis.Port, command, CancellationToken.None);

    private async Task BackAsync(string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await _api.Http.GetAsync(HttpAssert.Path($"/tasks/{id}"), limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>The message that the broker would have.</summary>
    private async Task<TaskMessage> MessageAsync(string id)
    {
        var task = await _api.Http.TaskAsync(id);
        return new TaskMessage
        {
            Schema = TaskMessage.CurrentSchema,
            TaskId = TaskId.TryParse(id, out var parsed) ? parsed : default,
            Dispatch = 1,
            Attempt = 0,
            Lane = Lane.Short,
            CreatedAt = task.GetProperty("createdAt").GetDateTimeOffset(),
            PublishedAt = task.GetProperty("createdAt").GetDateTimeOffset(),
            Submission = new TaskSubmission
            {
                Algorithm = "primes",
                TimeoutSeconds = 50,
                StartBefore = task.GetProperty("startBefore").GetDateTimeOffset(),
                MaxAttempts = 3,
            },
            Input = System.Text.Encoding.UTF8.GetBytes(task.GetProperty("input").GetRawText()),
        };
    }
}
