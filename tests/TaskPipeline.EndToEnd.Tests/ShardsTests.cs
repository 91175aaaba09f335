using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests;

/// <summary>What the whole application does with one shard it does with four, spread over all of them and all queues, whichever replica is asked.</summary>
public sealed class ShardsTests : IClassFixture<ShardedTopology>, IDisposable
{
    private readonly ShardedTopology _topology;
    private readonly HttpClient _other;
    private readonly HttpClient _management;

    public ShardsTests(ShardedTopology topology)
    {
        _topology = topology;
        _other = new HttpClient { BaseAddress = new Uri(topology.Topology.ApiAddress(1)) };
        _management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{topology.Topology.ManagementPort}") };
        _management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("guest:guest"u8));
    }

    private HttpClient[] Replicas => [_topology.Http, _other];

    [Fact]
    public async Task Submit_ManyToBothReplicas_AllQueuesAndShardsCarrySomeAndEveryTaskCompletes()
    {
        const int Count = 80;
        var tasks = await Task.WhenAll(Enumerable.Range(0, Count).Select(n => SubmitAsync(Replicas[n % 2], new { algorithm = "primes", input = new { limit = 1000 + n } })));

        var ended = await Task.WhenAll(tasks.Select(task => _topology.EndAsync(task)));

        Assert.Equal(ShardedTopology.Shards, tasks.Select(ShardOf).Distinct().Count());
        Assert.All(ended, task => Assert.Equal("completed", task.GetProperty("status").GetString()));
        Assert.All(ended, (task, n) => Assert.Equal(Primes(1000 + n), task.GetProperty("result").GetProperty("count").GetInt32()));
        foreach (var replica in Replicas)
        {
            var listed = await ListAsync(replica, "primes");
            Assert.Superset(tasks.Select(RunningTopology.IdOf).ToHashSet(), listed.Select(RunningTopology.IdOf).ToHashSet());
            Assert.Equal(listed.Select(RunningTopology.IdOf).OrderDescending(StringComparer.Ordinal).Select(id => id[..13]), listed.Select(RunningTopology.IdOf).Select(id => id[..13]));
        }

        // What the broker counts is told some seconds later.
        await _topology.WaitAsync("every queue of the lane to have carried tasks, and none to have one left", async token =>
        {
            var queues = (await _management.GetFromJsonAsync<JsonElement>("/api/queues/%2F", token)).EnumerateArray().Where(queue => queue.GetProperty("name").GetString()!.StartsWith("taskpipeline.", StringComparison.Ordinal)).ToList();
            var published = queues.Where(queue => queue.GetProperty("name").GetString()!.StartsWith("taskpipeline.tasks.short", StringComparison.Ordinal)).Select(Published).ToList();
            return published.Count == ShardedTopology.Shards && published.All(count => count > 0) && published.Sum() >= Count
                && queues.All(queue => queue.TryGetProperty("messages", out var left) && left.GetInt32() == 0);
        });
    }

    [Fact]
    public async Task Cancel_RunningAndPendingAskedOfTheOtherReplica_EndsThem()
    {
        // Every slot, and more than the workers hold.
        var running = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SubmitAsync(_topology.Http, new { algorithm = "fault.stall", priority = "urgent" })));
        await Task.WhenAll(running.Select(task => _topology.StartedAsync(task)));
        var pending = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => SubmitAsync(_topology.Http, new { algorithm = "primes" })));

        Assert.All(await Task.WhenAll(pending.Select(CancelAsync)), task => Assert.Equal("cancelled", task.GetProperty("status").GetString()));
        Assert.All(await Task.WhenAll(running.Select(CancelAsync)), task => Assert.True(task.GetProperty("cancelRequested").GetBoolean()));
        var ended = await Task.WhenAll(running.Select(task => _topology.EndAsync(task)));

        Assert.All(ended, task => Assert.Equal(("cancelled", true), (task.GetProperty("status").GetString(), task.GetProperty("stopConfirmed").GetBoolean())));
        Assert.All(await Task.WhenAll(pending.Select(_topology.GetAsync)), task => Assert.Equal(0, task.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task Submit_TheSameKeysToBothReplicas_MakesOneTaskForEachKey()
    {
        var keys = Enumerable.Range(0, 16).Select(_ => Guid.NewGuid().ToString()).ToList();
        async Task<(HttpStatusCode Status, string? Id)> SubmitAsync(HttpClient replica, string key, int limit)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks")
            {
                Content = new StringContent($$"""{"algorithm":"primes","input":{"limit": {{limit}} } }""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await replica.SendAsync(request);
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            return (response.StatusCode, response.IsSuccessStatusCode ? RunningTopology.IdOf(body) : null);
        }

        var answers = await Task.WhenAll(keys.SelectMany(key => Enumerable.Range(0, 6).Select(async n => (Key: key, Answer: await SubmitAsync(Replicas[n % 2], key, 10)))));
        var others = await Task.WhenAll(keys.Select(key => SubmitAsync(_other, key, 11)));

        Assert.All(answers, one => Assert.Equal(HttpStatusCode.Accepted, one.Answer.Status));
        Assert.All(answers.GroupBy(one => one.Key), key => Assert.Single(key.Select(one => one.Answer.Id).Distinct()));
        Assert.Equal(keys.Count, answers.Select(one => one.Answer.Id).Distinct().Count());
        Assert.All(others, other => Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status));
    }

    [Fact]
    public async Task Worker_Killed_ItsTaskRunsAgainAndCompletes()
    {
        var task = await _topology.StartedAsync(await SubmitAsync(_other, new { algorithm = "hello" }));
        var name = task.GetProperty("worker").GetString()!;
        var worker = _topology.Topology.Workers.Single(one => name.Contains(string.Create(CultureInfo.InvariantCulture, $"-{one.Id}-"), StringComparison.Ordinal));

        await worker.SignalAsync("KILL");
        var ended = await _topology.EndAsync(task);

        Assert.Equal(("completed", 2), (ended.GetProperty("status").GetString(), ended.GetProperty("attempt").GetInt32()));
        Assert.Equal("lost", ended.GetProperty("attempts")[0].GetProperty("outcome").GetString());
        await _topology.WholeAsync();
    }

    public void Dispose()
    {
        _other.Dispose();
        _management.Dispose();
    }

    private static int ShardOf(JsonElement task) => Convert.ToByte(RunningTopology.IdOf(task)[^2..], 16) % ShardedTopology.Shards;

    private static long Published(JsonElement queue) =>
        queue.TryGetProperty("message_stats", out var stats) && stats.TryGetProperty("publish", out var count) ? count.GetInt64() : 0;

    private static int Primes(int limit) => Enumerable.Range(2, limit - 1).Count(n => Enumerable.Range(2, (int)Math.Sqrt(n)).TakeWhile(divisor => divisor * divisor <= n).All(divisor => n % divisor != 0));

    private static async Task<JsonElement> SubmitAsync(HttpClient replica, object submission)
    {
        using var response = await replica.PostAsJsonAsync("/tasks", submission);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<List<JsonElement>> ListAsync(HttpClient replica, string algorithm)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await replica.GetFromJsonAsync<JsonElement>($"/tasks?algorithm={algorithm}&limit=30{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return items;
    }

    private async Task<JsonElement> CancelAsync(JsonElement task)
    {
        using var response = await _other.DeleteAsync(new Uri($"/tasks/{RunningTopology.IdOf(task)}", UriKind.Relative));
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
