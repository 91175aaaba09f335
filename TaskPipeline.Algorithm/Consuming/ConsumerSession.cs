using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>One connection with a channel for each lane and one for cancellations, from its opening to its loss.</summary>
internal sealed class ConsumerSession : IAsyncDisposable
{
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private readonly IConnection _connection;
    private readonly DeliveryScheduler _scheduler;
    private readonly LaneHoldings _holdings;
    private readonly int _queuesPerLane;
    private readonly StallWatch _stalls;
    private readonly RunningTasks _running;
    private readonly WorkerIdentity _worker;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private Task _missing = Task.CompletedTask;
    private volatile bool _taking = true;

    private ConsumerSession(IConnection connection, DeliveryScheduler scheduler, RunningTasks running, ConsumerDependencies dependencies)
    {
        _connection = connection;
        _scheduler = scheduler;
        _queuesPerLane = dependencies.Consuming.Value.QueuesPerLane;
        _stalls = new StallWatch(connection, dependencies.Consuming.Value.StalledAfter);
        _holdings = new LaneHoldings(scheduler, dependencies.Time, _queuesPerLane);
        _running = running;
        _time = dependencies.Time;
        _worker = dependencies.Worker;
        _logger = dependencies.Logger;
        connection.ConnectionShutdownAsync += (_, reason) => Lose(reason.ReplyText);
    }

    /// <summary>Completes with the reason when anything of the session is gone.</summary>
    public Task<string> Lost => _lost.Task;

    public static async Task<ConsumerSession> OpenAsync(
        IConnectionFactory factory, DeliveryScheduler scheduler, RunningTasks running, ConsumerDependencies dependencies, CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync("taskpipeline-algorithm", cancellationToken);
        var session = new ConsumerSession(connection, scheduler, running, dependencies);
        try
        {
            await session.ConsumeCancellationsAsync(cancellationToken);
            session._missing = session.ConsumeLanesAsync();
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Takes nothing more, and gives every delivery back to the broker at once: those that have not begun go to other workers, and what
    /// is granted here belongs to its record, so that a second delivery of it is refused and forgotten. Cancellations still arrive.
    /// A broker that does not answer is not waited for.
    /// </summary>
    public async Task StopTakingAsync()
    {
        _taking = false;
        await _ending.CancelAsync();
        await _missing;
        using var limit = new CancellationTokenSource(s_goodbye);
        await Task.WhenAll(_holdings.Lanes.Select(lane => CloseAsync(lane.Channel, limit.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _missing;
        await _connection.CloseAsync(200, "the session ends", s_goodbye, abort: true, CancellationToken.None);
        await _connection.DisposeAsync();
        _holdings.Dispose();
        _ending.Dispose();
    }

    private static async Task CloseAsync(IChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            await channel.CloseAsync(200, "the worker stops", abort: true, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The end of the connection gives the deliveries back.
        }
    }

    /// <summary>
    /// Consumes from every queue that is there, and from the others as soon as they are: only the API declares queues, because it must
    /// notice when one had to be declared anew, and one that is missing must not stop the rest. Follows how many of each lane may be held, and whether what is ready comes.
    /// </summary>
    private async Task ConsumeLanesAsync()
    {
        try
        {
            IReadOnlyList<LaneQueue> missing = [.. LaneQueue.All(_queuesPerLane)];
            while (true)
            {
                var ready = await _connection.CountReadyAsync(missing.Select(queue => queue.Name), _ending.Token);
                LaneQueue[] there = [.. missing.Where((_, n) => ready[n] is not null)];
                missing = [.. missing.Except(there)];
                foreach (var queue in there)
                {
                    await ConsumeQueueAsync(queue, _ending.Token);
                }

                if (missing.Count > 0)
                {
                    Log.QueuesMissing(_logger, missing.Count);
                }

                await _holdings.FollowAsync(missing.Count > 0 ? s_lookAgain : _stalls.Next, _ending.Token);
                if (await _stalls.LookAsync(_holdings.Lanes, _ending.Token) is { } stall)
                {
                    await Lose(stall);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The session ends first.
        }
        catch (Exception exception)
        {
            await Lose(exception.Message);
        }
    }

    private async Task ConsumeQueueAsync(LaneQueue queue, CancellationToken cancellationToken)
    {
        var lane = _holdings.Lanes.FirstOrDefault(one => one.Lane == queue.Lane);
        if (lane is null)
        {
            lane = await OpenLaneAsync(queue.Lane, cancellationToken);
            _holdings.Add(lane);
        }

        lane.Add(queue);
    }

    private async Task<LaneChannel> OpenLaneAsync(Lane lane, CancellationToken cancellationToken)
    {
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        var channel = await OpenChannelAsync(options, cancellationToken);
        await channel.ExchangeDeclareAsync(Topology.TasksExchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(Topology.UnreadableQueue, durable: true, exclusive: false, autoDelete: false, Topology.UnreadableQueueArguments(), cancellationToken: cancellationToken);
        var acknowledgements = new LaneAcknowledgements((tag, multiple) => AcknowledgeAsync(channel, tag, multiple), _time);
        return new LaneChannel(lane, channel, acknowledgements, TakeAsync, _holdings.NoteChange, Lose, _time);
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

        // The broker cancels a consumer whose queue is deleted, and newer ones one that acknowledges too late.
        consumer.UnregisteredAsync += (_, _) => Lose("the consumer was cancelled");
        consumer.ShutdownAsync += (_, reason) => Lose(reason.ReplyText);
        return consumer;
    }

    private async Task TakeAsync(LaneChannel lane, LaneSubscription subscription, BasicDeliverEventArgs args)
    {
        if (!_taking)
        {
            return;
        }

        // Read before the handler returns: the client uses the buffer again.
        var (message, problem) = TaskMessageReader.Read(args.Body.Span);
        var tag = args.DeliveryTag;
        Task AcknowledgeAsync() => lane.AcknowledgeAsync(subscription, tag);
        if (message is null)
        {
            if (await SetAsideAsync(lane.Channel, args.Body.ToArray(), problem!))
            {
                await AcknowledgeAsync();
            }

            return;
        }

        var delivery = new Delivery(message, AcknowledgeAsync, given => GiveBackAsync(lane.Channel, given, AcknowledgeAsync), subscription.Queue);
        if (!await _running.TryAdoptAsync(delivery))
        {
            _scheduler.Offer(delivery);
        }
    }

    /// <summary>Moves a message that nobody can read to where people look for it. If that fails it stays, and is delivered again in the next session.</summary>
    private Task<bool> SetAsideAsync(IChannel channel, byte[] body, string problem)
    {
        Log.Unreadable(_logger, problem);
        var properties = new BasicProperties { Persistent = true, Headers = new Dictionary<string, object?> { [Topology.ReasonHeader] = problem } };
        return TryPublishAsync(channel, "", Topology.UnreadableQueue, properties, body, "An unreadable message could not be moved");
    }

    /// <summary>
    /// Publishes a dispatch once more and acknowledges it then: whoever has room gets it, this worker has none until then. It goes to the queue that it came from, which is there and
    /// has consumers, whatever number of queues others believe in. Twice delivered, should that go wrong in between, it is claimed once. Nothing is rejected or requeued, which the
    /// broker would count.
    /// </summary>
    private async Task GiveBackAsync(IChannel channel, Delivery delivery, Func<Task> acknowledge)
    {
        using var activity = AlgorithmActivitySource.StartGiveBack(delivery, _worker.Id);
        var body = JsonSerializer.SerializeToUtf8Bytes(delivery.Message, ContractsJsonContext.Default.TaskMessage);
        if (await TryPublishAsync(channel, Topology.TasksExchange, delivery.Queue.RoutingKey, new BasicProperties { Persistent = true }, body, "A delivery could not be given back"))
        {
            await acknowledge();
        }
    }

    /// <summary>Publishes what takes the place of a delivery. Whatever keeps the broker from taking it ends the session, and the next one gets the delivery again.</summary>
    private async Task<bool> TryPublishAsync(IChannel channel, string exchange, string routingKey, BasicProperties properties, byte[] body, string failure)
    {
        try
        {
            // Mandatory, or a queue that is gone would swallow it.
            await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body);
            return true;
        }
        catch (Exception exception)
        {
            await Lose($"{failure}: {exception.Message}");
            return false;
        }
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

    private async Task AcknowledgeAsync(IChannel channel, ulong tag, bool multiple)
    {
        try
        {
            await channel.BasicAckAsync(tag, multiple);
        }
        catch (Exception exception)
        {
            // The channel that delivered it is gone, however that shows: it is delivered again, and its claim is refused. Should it not be gone, its place would stay taken.
            Log.NotAcknowledged(_logger, exception.Message);
            await Lose(exception.Message);
        }
    }

    private Task Lose(string reason)
    {
        _lost.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
