using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>One connection with a channel for each lane and one for cancellations, from its opening to its loss.</summary>
internal sealed class ConsumerSession : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly DeliveryScheduler _scheduler;
    private readonly RunningTasks _running;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(IChannel Channel, string Tag)> _consumers = [];

    private ConsumerSession(IConnection connection, DeliveryScheduler scheduler, RunningTasks running, ILogger logger)
    {
        _connection = connection;
        _scheduler = scheduler;
        _running = running;
        _logger = logger;
        connection.ConnectionShutdownAsync += (_, reason) => Lose(reason.ReplyText);
    }

    /// <summary>Completes with the reason when anything of the session is gone.</summary>
    public Task<string> Lost => _lost.Task;

    public static async Task<ConsumerSession> OpenAsync(
        IConnectionFactory factory, DeliveryScheduler scheduler, RunningTasks running, ILogger logger, int slots, CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync("taskpipeline-algorithm", cancellationToken);
        var session = new ConsumerSession(connection, scheduler, running, logger);
        try
        {
            await session.ConsumeCancellationsAsync(cancellationToken);
            foreach (var lane in Enum.GetValues<Lane>())
            {
                await session.ConsumeLaneAsync(lane, slots, cancellationToken);
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes nothing more; what was delivered can still be acknowledged.</summary>
    public async Task StopTakingAsync()
    {
        foreach (var (channel, tag) in _consumers)
        {
            try
            {
                await channel.BasicCancelAsync(tag, noWait: false, CancellationToken.None);
            }
            catch (Exception exception) when (exception is OperationInterruptedException or ObjectDisposedException or IOException or TimeoutException)
            {
                // The channel is gone, and the consumer with it.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.CloseAsync(200, "the session ends", TimeSpan.FromSeconds(2), abort: true, CancellationToken.None);
        await _connection.DisposeAsync();
    }

    private async Task ConsumeLaneAsync(Lane lane, int slots, CancellationToken cancellationToken)
    {
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        var channel = await OpenChannelAsync(options, cancellationToken);
        var queue = Topology.LaneQueue(lane);
        await channel.ExchangeDeclareAsync(Topology.TasksExchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(Topology.UnreadableQueue, durable: true, exclusive: false, autoDelete: false, Topology.UnreadableQueueArguments(), cancellationToken: cancellationToken);

        // Passive: only the API declares lanes, because it must notice when one had to be declared anew.
        await channel.QueueDeclarePassiveAsync(queue, cancellationToken);

        // One more than can run waits here, so that a slot is never idle for a round trip.
        await channel.BasicQosAsync(0, (ushort)(slots + 1), global: false, cancellationToken);
        var consumer = NewConsumer(channel, delivery => TakeAsync(channel, delivery));
        _consumers.Add((channel, await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken)));
    }

    private async Task ConsumeCancellationsAsync(CancellationToken cancellationToken)
    {
        var channel = await OpenChannelAsync(options: null, cancellationToken);
        await channel.ExchangeDeclareAsync(Topology.CancellationsExchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        var queue = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue.QueueName, Topology.CancellationsExchange, "", cancellationToken: cancellationToken);
        var consumer = NewConsumer(channel, delivery => CancelAsync(delivery.Body.Span));
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, cancellationToken);
    }

    private async Task<IChannel> OpenChannelAsync(CreateChannelOptions? options, CancellationToken cancellationToken)
    {
        var channel = await _connection.CreateChannelAsync(options, cancellationToken);
        channel.ChannelShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        return channel;
    }

    private AsyncEventingBasicConsumer NewConsumer(IChannel channel, Func<BasicDeliverEventArgs, Task> receive)
    {
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) => receive(delivery);

        // The broker cancels a consumer whose queue is deleted, and newer ones one that acknowledges too late. Our own cancel
        // while draining comes here too and loses nothing: nobody waits for the loss any more.
        consumer.UnregisteredAsync += (_, _) => Lose("the consumer was cancelled");
        consumer.ShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        return consumer;
    }

    private async Task TakeAsync(IChannel channel, BasicDeliverEventArgs delivery)
    {
        // Read before the handler returns: the client uses the buffer again.
        var (message, problem) = TaskMessageReader.Read(delivery.Body.Span);
        if (message is not null)
        {
            _scheduler.Offer(new Delivery(message, () => AcknowledgeAsync(channel, delivery.DeliveryTag)));
            return;
        }

        Log.Unreadable(_logger, problem!);
        var properties = new BasicProperties { Persistent = true, Headers = new Dictionary<string, object?> { [Topology.ReasonHeader] = problem } };
        await channel.BasicPublishAsync("", Topology.UnreadableQueue, mandatory: false, properties, delivery.Body.ToArray());
        await AcknowledgeAsync(channel, delivery.DeliveryTag);
    }

    private Task CancelAsync(ReadOnlySpan<byte> body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, ContractsJsonContext.Default.CancelMessage) is { } cancel)
            {
                _running.Cancel(cancel.TaskId);
            }
        }
        catch (JsonException exception)
        {
            Log.Unreadable(_logger, exception.Message);
        }

        return Task.CompletedTask;
    }

    private async Task AcknowledgeAsync(IChannel channel, ulong tag)
    {
        try
        {
            await channel.BasicAckAsync(tag, multiple: false);
        }
        catch (Exception exception) when (exception is OperationInterruptedException or ObjectDisposedException or IOException)
        {
            // The channel that delivered it is gone: it is delivered again, and its claim is refused.
            Log.NotAcknowledged(_logger, exception.Message);
        }
    }

    private Task Lose(string reason)
    {
        _lost.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
