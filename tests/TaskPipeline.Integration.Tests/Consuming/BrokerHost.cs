using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A virtual host of a broker with the topology that the API declares: queues of a test's own on a shared server.</summary>
internal sealed class BrokerHost : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly HttpClient _management;
    private readonly string _name;
    private int _queuesPerLane;
    private IConnection? _connection;

    private BrokerHost(RabbitMqServer server, string name, int queuesPerLane)
    {
        (_name, _queuesPerLane) = (name, queuesPerLane);
        Uri = $"{server.ConnectionString}/{name}";
        _management = new HttpClient { BaseAddress = server.Management };
        _management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("guest:guest"u8));
    }

    /// <summary>What a worker connects to.</summary>
    public string Uri { get; }

    public static async Task<BrokerHost> CreateAsync(RabbitMqServer server, int queuesPerLane = 1)
    {
        var host = new BrokerHost(server, $"test-{Guid.NewGuid():N}", queuesPerLane);
        using var created = await host._management.PutAsJsonAsync($"/api/vhosts/{host._name}", new { });
        created.EnsureSuccessStatusCode();
        using var allowed = await host._management.PutAsJsonAsync($"/api/permissions/{host._name}/guest", new { configure = ".*", write = ".*", read = ".*" });
        allowed.EnsureSuccessStatusCode();
        await host.DeclareAsync();
        return host;
    }

    /// <summary>A message of a task.</summary>
    public static TaskMessage Message(string algorithm, object? input = null, int dispatch = 1, TaskId? id = null, double timeout = 60, Lane lane = Lane.Short) => new()
    {
        Schema = TaskMessage.CurrentSchema,
        TaskId = id ?? TaskId.Create(TimeProvider.System.GetUtcNow()),
        Dispatch = dispatch,
        Attempt = 0,
        Lane = lane,
        CreatedAt = TimeProvider.System.GetUtcNow(),
        PublishedAt = TimeProvider.System.GetUtcNow(),
        Submission = new TaskSubmission { Algorithm = algorithm, TimeoutSeconds = timeout, StartBefore = TimeProvider.System.GetUtcNow().AddDays(1), MaxAttempts = 3 },
        Input = JsonSerializer.SerializeToUtf8Bytes(input ?? new { }),
    };

    /// <summary>The id of a task of one of the queues.</summary>
    public static TaskId IdIn(int queue) => TaskId.Create(TimeProvider.System.GetUtcNow(), (byte)queue);

    /// <summary>Declares everything that an API with another number of queues does, and publishes as it would from now on.</summary>
    public Task DeclareAsync(int queuesPerLane)
    {
        _queuesPerLane = queuesPerLane;
        return DeclareAsync();
    }

    /// <summary>Declares everything that the API does.</summary>
    public async Task DeclareAsync()
    {
        await using var channel = await OpenChannelAsync();
        await channel.ExchangeDeclareAsync(Topology.TasksExchange, ExchangeType.Direct, durable: true);
        await channel.ExchangeDeclareAsync(Topology.CancellationsExchange, ExchangeType.Fanout, durable: true);
        await channel.ExchangeDeclareAsync(Topology.DeadLetter, ExchangeType.Fanout, durable: true);
        foreach (var queue in LaneQueue.All(_queuesPerLane))
        {
            await channel.QueueDeclareAsync(queue.Name, durable: true, exclusive: false, autoDelete: false, queue.Arguments());
            await channel.QueueBindAsync(queue.Name, Topology.TasksExchange, queue.RoutingKey);
        }
    }

    public Task PublishAsync(TaskMessage message) =>
        PublishAsync(JsonSerializer.SerializeToUtf8Bytes(message, ContractsJsonContext.Default.TaskMessage), LaneQueue.For(message.Lane, message.TaskId, _queuesPerLane).RoutingKey);

    public Task PublishAsync(byte[] body, Lane lane = Lane.Short) => PublishAsync(body, Topology.LaneName(lane));

    private async Task PublishAsync(byte[] body, string routingKey)
    {
        await using var channel = await OpenChannelAsync();
        await channel.BasicPublishAsync(Topology.TasksExchange, routingKey, mandatory: true, new BasicProperties { Persistent = true }, body);
    }

    public async Task CancelAsync(TaskId id)
    {
        await using var channel = await OpenChannelAsync();
        var body = JsonSerializer.SerializeToUtf8Bytes(new CancelMessage(id), ContractsJsonContext.Default.CancelMessage);
        await channel.BasicPublishAsync(Topology.CancellationsExchange, "", mandatory: true, new BasicProperties(), body);
    }

    /// <summary>
    /// Makes the queue of a lane one that delivers to a single consumer, and consumes one message from it without acknowledging it: others get nothing until what is returned is disposed of.
    /// </summary>
    public async Task<IAsyncDisposable> KeepBackAsync(Lane lane)
    {
        await DeleteQueueAsync(lane);
        var channel = await OpenChannelAsync();
        var queue = LaneQueue.All(lane, _queuesPerLane).Single();
        var arguments = queue.Arguments();
        arguments["x-single-active-consumer"] = true;
        await channel.QueueDeclareAsync(queue.Name, durable: true, exclusive: false, autoDelete: false, arguments);
        await channel.QueueBindAsync(queue.Name, Topology.TasksExchange, queue.RoutingKey);
        await channel.BasicQosAsync(0, 1, global: false);
        await channel.BasicConsumeAsync(queue.Name, autoAck: false, new AsyncEventingBasicConsumer(channel));
        return channel;
    }

    public async Task DeleteQueueAsync(Lane lane)
    {
        await using var channel = await OpenChannelAsync();
        await channel.QueueDeleteAsync(Topology.LaneQueue(lane));
    }

    public async Task PurgeAsync(string queue)
    {
        await using var channel = await OpenChannelAsync();
        await channel.QueuePurgeAsync(queue);
    }

    /// <summary>How many messages wait in a lane; those that a live worker has and did not acknowledge are not among them.</summary>
    public async Task<uint> CountAsync(Lane lane = Lane.Short) => (uint)(await CountAsync(LaneQueue.All(lane, _queuesPerLane))).Sum(count => count!.Value);

    /// <summary>A queue that gets a copy of whatever is published to one of the lanes' queues from now on.</summary>
    public async Task CopyAsync(LaneQueue queue, string to)
    {
        await using var channel = await OpenChannelAsync();
        await channel.QueueDeclareAsync(to, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(to, Topology.TasksExchange, queue.RoutingKey);
    }

    /// <summary>The tasks whose messages are in a queue, which keeps them. Each look counts as a delivery, of which the queue of a lane allows 20 before a message is dead.</summary>
    public async Task<IReadOnlyList<TaskId>> TasksInAsync(string queue)
    {
        await using var channel = await OpenChannelAsync();
        var tasks = new List<TaskId>();
        while (await channel.BasicGetAsync(queue, autoAck: false) is { } got)
        {
            // Unacknowledged, all of them come back when the channel is closed.
            tasks.Add(JsonSerializer.Deserialize(got.Body.Span, ContractsJsonContext.Default.TaskMessage)!.TaskId);
        }

        return tasks;
    }

    /// <summary>Waits until a queue has messages of these tasks and of no others. It is looked at as soon as there are enough.</summary>
    public Task ExpectTasksAsync(LaneQueue queue, IReadOnlyCollection<string> ids) => UntilAsync(
        async () => (await CountAsync([queue]))[0] >= ids.Count && (await TasksInAsync(queue.Name)).Select(id => id.ToString()).ToHashSet().SetEquals(ids),
        $"{queue.Name} did not get its tasks");

    /// <summary>Waits until so many messages wait in a lane: what a dead worker had comes back a little later.</summary>
    public Task ExpectCountAsync(uint count, Lane lane = Lane.Short) =>
        UntilAsync(async () => await CountAsync(lane) == count, $"the queue did not come to {count} messages");

    /// <summary>Waits until the consumers of a lane may hold so many messages together; those that are cancelled don't count.</summary>
    public Task ExpectPrefetchAsync(int prefetch, Lane lane)
    {
        return UntilAsync(async () => await PrefetchAsync() == prefetch, $"the consumers of {lane} did not come to {prefetch} messages");

        async Task<int> PrefetchAsync() => (await _management.GetFromJsonAsync<JsonElement>($"/api/consumers/{_name}")).EnumerateArray()
            .Where(consumer => LaneQueue.All(lane, _queuesPerLane).Any(queue => queue.Name == consumer.GetProperty("queue").GetProperty("name").GetString()))
            .Sum(consumer => consumer.GetProperty("prefetch_count").GetInt32());
    }

    /// <summary>Takes a message from the queue of unreadable ones: its body and the reason.</summary>
    public async Task<(byte[] Body, string Reason)> ExpectUnreadableAsync()
    {
        BasicGetResult? got = null;
        await UntilAsync(
            async () =>
            {
                await using var channel = await OpenChannelAsync();
                got = await channel.BasicGetAsync(Topology.UnreadableQueue, autoAck: true);
                return got is not null;
            },
            "no unreadable message came");
        return (got!.Body.ToArray(), Encoding.UTF8.GetString((byte[])got.BasicProperties.Headers![Topology.ReasonHeader]!));
    }

    /// <summary>Cuts the connection of the worker, from the broker's side.</summary>
    public Task CutAsync() => UntilAsync(
        async () =>
        {
            // The management plugin learns of a connection some seconds after its opening.
            var connections = await _management.GetFromJsonAsync<JsonElement>($"/api/vhosts/{_name}/connections");
            var cut = false;
            foreach (var connection in connections.EnumerateArray().Where(IsWorker))
            {
                using var deleted = await _management.DeleteAsync($"/api/connections/{System.Uri.EscapeDataString(connection.GetProperty("name").GetString()!)}");
                cut |= deleted.IsSuccessStatusCode;
            }

            return cut;
        },
        "the worker has no connection");

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.CloseAsync(200, "", TimeSpan.FromSeconds(2), abort: true);
            await _connection.DisposeAsync();
        }

        _management.Dispose();
    }

    private static bool IsWorker(JsonElement connection) =>
        connection.TryGetProperty("user_provided_name", out var name) && name.GetString() == "taskpipeline-algorithm";

    public static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException(otherwise);
            }

            // What is asked for is told by no event.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<IChannel> OpenChannelAsync() => await (await ConnectAsync()).CreateChannelAsync(
        new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

    private async Task<IReadOnlyList<uint?>> CountAsync(IEnumerable<LaneQueue> queues) =>
        await (await ConnectAsync()).CountReadyAsync(queues.Select(queue => queue.Name), CancellationToken.None);

    /// <summary>The connection; another one when it was lost with its broker.</summary>
    private async Task<IConnection> ConnectAsync()
    {
        if (_connection is not { IsOpen: true })
        {
            var factory = new ConnectionFactory { Uri = new Uri(Uri), AutomaticRecoveryEnabled = false };
            _connection = await factory.CreateConnectionAsync("test");
        }

        return _connection;
    }
}
