using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;
using TaskPipeline.Integration.Tests.Http;

namespace TaskPipeline.Integration.Tests.Events;

/// <summary>What <c>GET /tasks/{id}/events</c> promises.</summary>
[Collection(ApiGroup.Name)]
public sealed class EventStreamTests(ApiFixture api)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Stream_OnTheOtherReplica_TellsTheWholeTaskAtOnceAndThenEveryChangeUntilTheEnd()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"input\":{\r\n\t\"limit\": 10\n}}");
        using var response = await EventReader.OpenAsync(api.Other, id);
        await using var events = EventReader.ReadAsync(response).GetAsyncEnumerator();

        var first = await NextAsync(events);
        Assert.Equal((1, "pending"), (first.Id, first.Status));
        Assert.Equal(SubmitContractTests.Members.Order(StringComparer.Ordinal), first.Task.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(10, first.Task.GetProperty("input").GetProperty("limit").GetInt32());
        await api.Worker.ClaimAsync(id);
        Assert.Equal("processing", (await NextAsync(events)).Status);
        await api.Worker.ProgressAsync(id, 55, sequence: 1);
        Assert.Equal(55, (await NextAsync(events)).Task.GetProperty("progress").GetInt32());
        await api.Worker.FinishAsync(id);
        var last = await NextAsync(events);
        Assert.Equal((4, "completed"), (last.Id, last.Status));
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task Stream_ManyChangesAtOnce_AreToldInOrderWithoutRepeatsAndTheLastAlways()
    {
        var id = await api.Http.SubmittedAsync();
        using var response = await EventReader.OpenAsync(api.Other, id);
        var reading = EventReader.AllAsync(response);
        await api.Worker.ClaimAsync(id);
        for (var n = 1; n <= 50; n++)
        {
            await api.Worker.ProgressAsync(id, n, n);
        }

        await api.Worker.FinishAsync(id);

        var events = await reading.WaitAsync(s_limit);
        Assert.Equal(events.Select(one => one.Id).Distinct().Order(), events.Select(one => one.Id));
        Assert.Equal((53, "completed"), (events[^1].Id, events[^1].Status));
        Assert.All(events, one => Assert.Equal(one.Id, one.Task.GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task Stream_LastEventId_GoesOnBehindIt()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);
        using var response = await EventReader.OpenAsync(api.Http, id, lastEventId: 2);
        var reading = EventReader.AllAsync(response);
        await api.Worker.FinishAsync(id);

        var only = Assert.Single(await reading.WaitAsync(s_limit));

        Assert.Equal((3, "completed"), (only.Id, only.Status));
    }

    [Fact]
    public async Task Stream_OfAnEndedTask_IsItsLastEventOrNothingForWhoHasSeenIt()
    {
        var id = await api.Http.SubmittedAsync();
        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var fresh = await EventReader.OpenAsync(api.Http, id);
        using var behind = await EventReader.OpenAsync(api.Http, id, lastEventId: 1);
        using var seen = await EventReader.OpenAsync(api.Http, id, lastEventId: 2);

        Assert.Equal("cancelled", Assert.Single(await EventReader.AllAsync(fresh)).Status);
        Assert.Equal(2, Assert.Single(await EventReader.AllAsync(behind)).Id);
        Assert.Equal(HttpStatusCode.NoContent, seen.StatusCode);
    }

    [Fact]
    public async Task Stream_LastEventIdOfAStateThatRedisLost_TellsTheEnd()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);
        using var running = await EventReader.OpenAsync(api.Http, id, lastEventId: 99);
        var reading = EventReader.AllAsync(running);
        await api.Worker.FinishAsync(id);
        using var ended = await EventReader.OpenAsync(api.Http, id, lastEventId: 99);

        Assert.Equal((3, "completed"), Ending(await reading.WaitAsync(s_limit)));
        Assert.Equal((3, "completed"), Ending(await EventReader.AllAsync(ended)));

        static (long, string?) Ending(IReadOnlyList<EventReader.Event> events)
        {
            var only = Assert.Single(events);
            return (only.Id, only.Status);
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("99999999999999999999999")]
    public async Task Stream_LastEventIdThatIsNone_BeginsAtTheBeginning(string given)
    {
        var id = await api.Http.SubmittedAsync();
        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var response = await api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}/events", headers: ("Last-Event-ID", given));

        Assert.Single(await EventReader.AllAsync(response));
    }

    [Fact]
    public async Task Stream_NothingHappens_IsKeptOpenByComments()
    {
        var id = await api.Http.SubmittedAsync();
        using var response = await EventReader.OpenAsync(api.Http, id);
        await using var events = EventReader.ReadAsync(response).GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(s_limit));
        for (var n = 0; n < 2; n++)
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(s_limit));
            Assert.Equal(0, events.Current.Id);
        }
    }

    [Fact]
    public async Task Stream_AThousandReaders_ShareOneSubscriptionAndOneReadPerChange()
    {
        var id = await api.Http.SubmittedAsync();
        var responses = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => EventReader.OpenAsync(api.Http, id)));
        var readings = responses.Select(EventReader.AllAsync).ToArray();
        Assert.Equal(1, await SubscriptionsAsync(id));
        var before = await ReadsAsync();

        await api.Worker.ClaimAsync(id);
        for (var n = 1; n <= 5; n++)
        {
            await api.Worker.ProgressAsync(id, n, n);
        }

        await api.Worker.FinishAsync(id);
        var events = await Task.WhenAll(readings).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.All(events, all => Assert.Equal("completed", all[^1].Status));
        Assert.All(events, all => Assert.Equal(1, all[0].Id));

        // Seven changes; some reads are those of the state machine.
        Assert.InRange(await ReadsAsync() - before, 1, 100);
        foreach (var response in responses)
        {
            response.Dispose();
        }

        using var limit = new CancellationTokenSource(s_limit);
        while (await SubscriptionsAsync(id) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    [Fact]
    public async Task Stream_ReaderThatDoesNotRead_IsDroppedAndNobodyElseIsHeldUp()
    {
        await using var replica = await ApiProcess.StartAsync(
            api.RedisConnection, api.RabbitMqConnection, new Dictionary<string, string> { ["Events__WriteLimit"] = "00:00:00.5" });
        var id = await api.Http.SubmittedAsync($"{{\"algorithm\":\"primes\",\"input\":{{\"text\":\"{new string('x', 250_000)}\"}}}}");
        await api.Worker.ClaimAsync(id);
        using var good = await EventReader.OpenAsync(replica.Http, id);
        var reading = EventReader.AllAsync(good);
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await slow.ConnectAsync(IPAddress.Loopback, replica.Port);
        await slow.SendAsync(Encoding.ASCII.GetBytes($"GET /tasks/{id}/events HTTP/1.1\r\nHost: x\r\n\r\n"));

        // The kernels' buffers take some megabytes before the reader's slowness is felt.
        using var limit = new CancellationTokenSource(s_limit);
        for (var sequence = 1; !replica.Log.Contains("was dropped", StringComparison.Ordinal); sequence++)
        {
            limit.Token.ThrowIfCancellationRequested();
            await api.Worker.ProgressAsync(id, sequence % 100, sequence);
        }

        await api.Worker.FinishAsync(id);
        Assert.Equal("completed", (await reading.WaitAsync(s_limit))[^1].Status);
    }

    [Fact]
    public async Task Drain_StreamsWaitsAndRequests_EndInOrderWhileHealthSaysSo()
    {
        await using var replica = await ApiProcess.StartAsync(
            api.RedisConnection, api.RabbitMqConnection, new Dictionary<string, string> { ["Drain__Notice"] = "00:00:03" });
        var id = await replica.Http.SubmittedAsync();
        using var stream = await EventReader.OpenAsync(replica.Http, id);
        var reading = EventReader.AllAsync(stream);
        var waiting = replica.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=60"));
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, replica.Port);
        await slow.GetStream().WriteAsync("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{\"algorithm\""u8.ToArray());
        using (await replica.Http.GetAsync(HttpAssert.Path($"/tasks/{id}")))
        {
            // The slow request has been accepted by now.
        }

        var stopping = replica.StopAsync();
        Assert.Equal(1, Assert.Single(await reading.WaitAsync(s_limit)).Id);
        using var answer = await waiting.WaitAsync(s_limit);
        Assert.Equal("pending", (await HttpAssert.BodyAsync(answer)).GetProperty("status").GetString());
        using var health = await replica.Http.GetAsync(HttpAssert.Path("/health"));
        var problem = await HttpAssert.ProblemAsync(health, 503, "unavailable");
        Assert.Contains("draining", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull(health.Headers.RetryAfter);
        await replica.Http.SubmittedAsync();

        await slow.GetStream().WriteAsync(":\"primes\"}"u8.ToArray());
        using var reader = new StreamReader(slow.GetStream());
        Assert.Equal("HTTP/1.1 202 Accepted", await reader.ReadLineAsync().WaitAsync(s_limit));
        await stopping.WaitAsync(s_limit);
        Assert.DoesNotContain("/tasks failed", replica.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("killed", replica.Log, StringComparison.Ordinal);
    }

    private static async Task<EventReader.Event> NextAsync(IAsyncEnumerator<EventReader.Event> events)
    {
        do
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(s_limit));
        }
        while (events.Current.Id == 0);

        return events.Current;
    }

    private async Task<long> SubscriptionsAsync(string id) =>
        await api.Redis.GetServers()[0].SubscriptionSubscriberCountAsync(RedisChannel.Literal($"tp:{{0}}:changes:{id}"));

    private async Task<long> ReadsAsync()
    {
        var stats = await api.Redis.GetServers()[0].InfoRawAsync("commandstats") ?? "";
        var line = stats.Split('\n').Single(text => text.StartsWith("cmdstat_hmget:", StringComparison.Ordinal));
        return long.Parse(line.Split("calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
