using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>One connection to the broker with the channel that publishes, from its opening to its loss. Thread safe.</summary>
internal sealed class BrokerSession : IAsyncDisposable
{
    /// <summary>How many publications wait for their confirm at a time.</summary>
    private const int MaxUnconfirmed = 256;

    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turns = new(MaxUnconfirmed);
    private readonly IChannel _publisher;
    private volatile bool _isBlocked;

    private BrokerSession(IConnection connection, IChannel publisher, ILogger logger)
    {
        Connection = connection;
        _publisher = publisher;
        connection.ConnectionShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        publisher.ChannelShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            _isBlocked = true;
            Log.Blocked(logger, blocked.Reason);
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            _isBlocked = false;
            Log.Unblocked(logger);
            return Task.CompletedTask;
        };
    }

    public IConnection Connection { get; }

    /// <summary>Completes with the reason when connection or channel is gone.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>Whether the broker takes messages and questions now. One that is short of memory or disk reads nothing more from a connection that has published.</summary>
    public bool IsAvailable => _publisher.IsOpen && !_lost.Task.IsCompleted && !_isBlocked;

    public static async Task<BrokerSession> OpenAsync(IConnectionFactory factory, ILogger logger, CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync("taskpipeline-api", cancellationToken);
        try
        {
            // Without the client's own limiter, whose queue cannot be left without leaving the publication as well.
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null);
            return new BrokerSession(connection, await connection.CreateChannelAsync(options, cancellationToken), logger);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Publishes, and waits for the confirm; at most 256 at a time, others wait for their turn. When the wait is given up, a publication whose turn has not come is dropped; one that has begun
    /// goes on, because a cancelled one would leave its confirm unaccounted.
    /// </summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task PublishAsync(string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        await PublishInTurnAsync(exchange, routingKey, mandatory, properties, body).WaitAsync(cancellationToken);
    }

    /// <summary>Ends the session of a broker that does not answer: what the client no longer waits for would stand in the way of what is asked next.</summary>
    public void GiveUp() => _lost.TrySetResult("it does not answer");

    /// <summary>Makes the session end with a channel: what consumes there would otherwise be missing without anybody noticing.</summary>
    public void Depend(IChannel channel) => channel.ChannelShutdownAsync += (_, reason) => Lose(reason.ReplyText);

    /// <summary>Makes the session end with a consumer, which the broker cancels when its queue is deleted.</summary>
    public void Depend(AsyncEventingBasicConsumer consumer) => consumer.UnregisteredAsync += (_, _) => Lose("the broker cancelled a consumer");

    /// <summary>How many messages are ready in each queue; null for one that is not there.</summary>
    public async Task<IReadOnlyDictionary<LaneQueue, uint?>> CountReadyAsync(IReadOnlyList<LaneQueue> queues, CancellationToken cancellationToken)
    {
        var counts = await Connection.CountReadyAsync(queues.Select(queue => queue.Name), cancellationToken);
        return queues.Zip(counts).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Declares everything.</summary>
    public async Task DeclareTopologyAsync(IEnumerable<LaneQueue> queues, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Topology.TasksExchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Topology.CancellationsExchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Topology.DeadLetter, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await DeclareQueueAsync(channel, Topology.DeadLetter, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken);
        await channel.QueueBindAsync(Topology.DeadLetter, Topology.DeadLetter, "", cancellationToken: cancellationToken);
        await DeclareQueueAsync(channel, Topology.UnreadableQueue, Topology.UnreadableQueueArguments(), cancellationToken);
        foreach (var queue in queues)
        {
            await DeclareQueueAsync(channel, queue.Name, queue.Arguments(), cancellationToken);
            await channel.QueueBindAsync(queue.Name, Topology.TasksExchange, queue.RoutingKey, cancellationToken: cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A broker that does not answer must not hold up the end of the process.
        await Connection.CloseAsync(200, "the API stops", TimeSpan.FromSeconds(2), abort: true, CancellationToken.None);
        await Connection.DisposeAsync();
    }

    private async Task PublishInTurnAsync(string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body)
    {
        try
        {
            await _publisher.BasicPublishAsync(exchange, routingKey, mandatory, properties, body, CancellationToken.None);
        }
        finally
        {
            _turns.Release();
        }
    }

    private static Task DeclareQueueAsync(IChannel channel, string name, Dictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);

    private Task Lose(string reason)
    {
        _lost.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
