using System.Text.Json;
using RabbitMQ.Client;
using StackExchange.Redis;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>Two API replicas on one Redis and one RabbitMQ, without workers: the tests report as one would.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly RabbitMqServer _rabbitMq = new();
    private readonly List<ApiProcess> _apis = [];
    private IConnection? _broker;

    /// <summary>The first replica.</summary>
    public HttpClient Http => _apis[0].Http;

    /// <summary>The second replica.</summary>
    public HttpClient Other => _apis[1].Http;

    public int Port => _apis[0].Port;

    internal FakeWorker Worker { get; private set; } = null!;

    internal ConnectionMultiplexer Redis { get; private set; } = null!;

    public string RedisConnection => _redis.ConnectionString;

    public string RabbitMqConnection => _rabbitMq.ConnectionString;

    public string Log => string.Join(Environment.NewLine, _apis.Select(api => api.Log));

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_redis.StartAsync(), _rabbitMq.StartAsync());
        var settings = new Dictionary<string, string> { ["Events__Heartbeat"] = "00:00:01" };
        _apis.AddRange(await Task.WhenAll(
            ApiProcess.StartAsync(_redis.ConnectionString, _rabbitMq.ConnectionString, settings),
            ApiProcess.StartAsync(_redis.ConnectionString, _rabbitMq.ConnectionString, settings)));
        Redis = await ConnectionMultiplexer.ConnectAsync($"{_redis.ConnectionString},allowAdmin=true,asyncTimeout=30000");
        Worker = new FakeWorker(Http);
        await Worker.AnnounceAsync();
        await WaitForBrokerAsync(Http);
        await WaitForBrokerAsync(Other);
        _broker = await new ConnectionFactory { Uri = new Uri(_rabbitMq.ConnectionString) }.CreateConnectionAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var api in _apis)
        {
            await api.DisposeAsync();
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        await Redis.DisposeAsync();
        await _rabbitMq.DisposeAsync();
        await _redis.DisposeAsync();
        _rabbitMq.Dispose();
        _redis.Dispose();
    }

    /// <summary>A channel to look into the broker with.</summary>
    internal Task<IChannel> OpenChannelAsync() => _broker!.CreateChannelAsync();

    /// <summary>Takes messages off a lane until it is the one of a task and, when given, of a dispatch; what is found on the way is dropped.</summary>
    internal async Task<TaskMessage> TakeMessageAsync(string id, int? dispatch = null, Lane lane = Lane.Short)
    {
        await using var channel = await OpenChannelAsync();
        return await channel.TakeMessageAsync(id, dispatch, lane) ?? throw new TimeoutException($"No message of task {id} came{Environment.NewLine}{Log}");
    }

    /// <summary>What bad input must leave as it is: the tasks that Redis knows, and the keys of tasks.</summary>
    internal async Task<(long Tasks, long Keys)> TracesAsync()
    {
        var tasks = await Redis.GetDatabase().SortedSetLengthAsync("tp:{0}:all");
        var keys = (long)await Redis.GetDatabase().ScriptEvaluateAsync(
            "local n = 0 for _, key in ipairs(redis.call('KEYS', '*')) do if string.find(key, ':task:') or string.find(key, ':idempotency:') then n = n + 1 end end return n");
        return (tasks, keys);
    }

    /// <summary>The messages of no task that Redis knows.</summary>
    internal async Task<IReadOnlyList<string>> StrayMessagesAsync()
    {
        var strays = new List<string>();
        await using var channel = await OpenChannelAsync();
        foreach (var lane in Enum.GetValues<Lane>())
        {
            while (await channel.BasicGetAsync(Topology.LaneQueue(lane), autoAck: false) is { } delivery)
            {
                // Unacknowledged, all of them come back when the channel is closed.
                var message = JsonSerializer.Deserialize(delivery.Body.Span, ContractsJsonContext.Default.TaskMessage)!;
                if (await Redis.GetDatabase().SortedSetRankAsync("tp:{0}:all", message.TaskId.ToString()) is null)
                {
                    strays.Add(message.TaskId.ToString());
                }
            }
        }

        return strays;
    }

    private static async Task WaitForBrokerAsync(HttpClient http)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await http.GetStringAsync(new Uri("/health", UriKind.Relative), limit.Token) != "Healthy")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        // Healthy means reachable; that the topology is there shows in a confirmed submission.
    }
}

/// <summary>The tests that share two replicas.</summary>
[CollectionDefinition(Name)]
public sealed class ApiGroup : ICollectionFixture<ApiFixture>
{
    public const string Name = "Api";
}
