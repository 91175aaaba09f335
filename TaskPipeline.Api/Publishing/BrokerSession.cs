using System.Threading.RateLimiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>One connection to the broker with the channel that publishes, from its opening to its loss. Thread safe.</summary>
internal sealed class BrokerSession : IAsyncDisposable
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrokerSession(IConnection connection, IChannel publisher)
    {
        Connection = connection;
        Publisher = publisher;
        connection.ConnectionShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        publisher.ChannelShutdownAsync += (_, reason) => Lose(reason.ReplyText);
    }

    public IConnection Connection { get; }

    /// <summary>Confirms every publication; many may be in flight.</summary>
    public IChannel Publisher { get; }

    /// <summary>Completes with the reason when connection or channel is gone.</summary>
    public Task<string> Lost => _lost.Task;

    public bool IsOpen => Publisher.IsOpen && !_lost.Task.IsCompleted;

    public static async Task<BrokerSession> OpenAsync(IConnectionFactory factory, CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync("taskpipeline-api", cancellationToken);
        try
        {
            // More than the limiter lets through wait in its queue instead of failing.
            var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = int.MaxValue });
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: limiter);
            return new BrokerSession(connection, await connection.CreateChannelAsync(options, cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

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

    private static Task DeclareQueueAsync(IChannel channel, string name, Dictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);

    private Task Lose(string reason)
    {
        _lost.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
