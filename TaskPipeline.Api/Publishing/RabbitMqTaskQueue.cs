using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Publishing;

/// <summary>
/// The broker, behind one session that is opened again whenever it is lost. The client's own recovery is off: it does not
/// reopen channels that the broker closed, and a queue that had to be declared anew must be noticed.
/// </summary>
internal sealed class RabbitMqTaskQueue(
    IConnectionFactory factory, ITaskStore store, LaneQueues queues, DeadLetterHandler deadLetters, TimeProvider time, ILogger<RabbitMqTaskQueue> logger)
    : BackgroundService, ITaskQueue
{
    private static readonly TimeSpan s_reconnect = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_republishSpread = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_broadcastLimit = TimeSpan.FromSeconds(1);

    /// <summary>Written by the service alone, read by every publisher.</summary>
    private volatile BrokerSession? _session;

    private readonly Lock _redeclaring = new();

    /// <summary>Guarded by <see cref="_redeclaring"/>.</summary>
    private Task _redeclared = Task.CompletedTask;

    public bool IsAvailable => _session is { IsAvailable: true };

    public async Task<bool> PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, ContractsJsonContext.Default.TaskMessage);
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = "application/json",
            MessageId = $"{message.TaskId}/{message.Dispatch}",
            Type = nameof(TaskMessage),
        };
        var reason = await SendAsync(Topology.TasksExchange, queues.Of(message.Lane, message.TaskId).RoutingKey, mandatory: true, properties, body, cancellationToken);
        if (reason is null)
        {
            return true;
        }

        Log.PublishFailed(logger, message.TaskId, message.Dispatch, reason);
        return false;
    }

    public async Task BroadcastCancelAsync(TaskId id, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new CancelMessage(id), ContractsJsonContext.Default.CancelMessage);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_broadcastLimit);
        string? reason;
        try
        {
            reason = await SendAsync(Topology.CancellationsExchange, "", mandatory: false, new BasicProperties(), body, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            reason = "no confirm came";
        }

        if (reason is not null)
        {
            Log.BroadcastFailed(logger, id, reason);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var available = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var session = await BrokerSession.OpenAsync(factory, logger, stoppingToken);
                await PrepareAsync(session, stoppingToken);
                _session = session;
                available = true;
                Log.Connected(logger);
                var reason = await session.Lost.WaitAsync(stoppingToken);
                Log.Disconnected(logger, reason);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever keeps a session from opening, the answer is to try again; said once, not twice a second.
                if (available)
                {
                    available = false;
                    Log.Disconnected(logger, exception.Message);
                }
            }
            finally
            {
                _session = null;
            }

            await Task.Delay(s_reconnect, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PrepareAsync(BrokerSession session, CancellationToken cancellationToken)
    {
        await DeclareAsync(session, cancellationToken);
        await deadLetters.SubscribeAsync(session, this, cancellationToken);
    }

    /// <summary>
    /// Declares the topology. A queue that was not there has lost its messages: the tasks are noted for publication <em>before</em>
    /// it is declared, because once it is there nobody can see any longer that it was not.
    /// </summary>
    private async Task DeclareAsync(BrokerSession session, CancellationToken cancellationToken)
    {
        var ready = await session.CountReadyAsync(queues.All, cancellationToken);
        foreach (var queue in ready.Where(one => one.Value is null).Select(one => one.Key))
        {
            var count = await store.RepublishAsync(queue, s_republishSpread, TimeSpan.Zero, cancellationToken);
            if (count > 0)
            {
                Log.QueueRepublished(logger, queue.Name, count);
            }
        }

        await session.DeclareTopologyAsync(queues.All, cancellationToken);
    }

    /// <summary>The queues with nothing ready; one that is not there is declared on the way. None while the broker is away or takes nothing.</summary>
    internal async Task<IReadOnlyList<LaneQueue>> FindEmptyQueuesAsync(CancellationToken cancellationToken)
    {
        if (_session is not { IsAvailable: true } session)
        {
            return [];
        }

        try
        {
            var ready = await session.CountReadyAsync(queues.All, cancellationToken);
            if (ready.Values.Any(count => count is null))
            {
                await RedeclareAsync(session).WaitAsync(cancellationToken);
            }

            return [.. ready.Where(queue => queue.Value == 0).Select(queue => queue.Key)];
        }
        catch (Exception exception) when (IsBrokerFailure(exception))
        {
            // The session is ending, and what follows it looks for missing queues by itself.
            return [];
        }
        catch (Exception exception) when (IsUnanswered(exception) && !cancellationToken.IsCancellationRequested)
        {
            session.GiveUp();
            return [];
        }
    }

    /// <summary>Declares the topology again, once for however many publications came back at the same time. Does not throw for a broker or a store that is away.</summary>
    private Task RedeclareAsync(BrokerSession session)
    {
        lock (_redeclaring)
        {
            return _redeclared = _redeclared.IsCompleted ? TryDeclareAsync(session) : _redeclared;
        }
    }

    private async Task TryDeclareAsync(BrokerSession session)
    {
        try
        {
            await DeclareAsync(session, CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreUnavailableException || IsBrokerFailure(exception))
        {
            // The next publication that comes back tries again.
            Log.RedeclareFailed(logger, exception.Message);
        }
        catch (Exception exception) when (IsUnanswered(exception))
        {
            session.GiveUp();
        }
    }

    /// <summary>The last one is what the client's queue of frames says when its connection ends.</summary>
    private static bool IsBrokerFailure(Exception exception) =>
        exception is PublishException or OperationInterruptedException or ObjectDisposedException or IOException or ChannelClosedException;

    /// <summary>The client says it of a question that the broker did not answer within 20 seconds.</summary>
    private static bool IsUnanswered(Exception exception) => exception is TimeoutException or OperationCanceledException;

    /// <summary>Publishes and waits for the confirm. Returns why it did not come; null when it came.</summary>
    private async Task<string?> SendAsync(
        string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body, CancellationToken cancellationToken)
    {
        if (_session is not { IsAvailable: true } session)
        {
            return "there is no connection to the broker, or it takes nothing";
        }

        try
        {
            await session.PublishAsync(exchange, routingKey, mandatory, properties, body, cancellationToken);
            return null;
        }
        catch (PublishReturnException)
        {
            await RedeclareAsync(session).WaitAsync(cancellationToken);
            return "no queue was bound";
        }
        catch (Exception exception) when (IsBrokerFailure(exception))
        {
            return exception.Message;
        }
    }
}
