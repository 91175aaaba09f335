using StackExchange.Redis;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// Changes over Redis' publish and subscribe, one channel for each task that somebody here waits for. What was said while
/// the connection was away is made up for: every subscription is told again once it is back.
/// </summary>
internal sealed class RedisTaskEvents : ITaskEvents
{
    private readonly IConnectionMultiplexer _connection;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<Subscription> _subscriptions = [];

    public RedisTaskEvents(IConnectionMultiplexer connection)
    {
        _connection = connection;
        connection.ConnectionRestored += (_, _) => TellAll();
    }

    public async Task<ITaskSubscription> SubscribeAsync(TaskId id, CancellationToken cancellationToken)
    {
        try
        {
            var queue = await _connection.GetSubscriber().SubscribeAsync(RedisTaskKeys.Changes(id)).WaitAsync(cancellationToken);
            var subscription = new Subscription(this, queue);
            lock (_lock)
            {
                _subscriptions.Add(subscription);
            }

            return subscription;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            throw new StoreUnavailableException("The changes of the task cannot be subscribed to", exception);
        }
    }

    private void TellAll()
    {
        Subscription[] all;
        lock (_lock)
        {
            all = [.. _subscriptions];
        }

        foreach (var subscription in all)
        {
            subscription.Tell();
        }
    }

    private sealed class Subscription : ITaskSubscription
    {
        private readonly RedisTaskEvents _owner;
        private readonly ChannelMessageQueue _queue;

        /// <summary>Holds one permit at the most: changes that nobody has seen yet are told as one.</summary>
        private readonly SemaphoreSlim _changed = new(0, 1);
        private readonly Lock _telling = new();

        public Subscription(RedisTaskEvents owner, ChannelMessageQueue queue)
        {
            _owner = owner;
            _queue = queue;
            queue.OnMessage(_ => Tell());
        }

        public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

        public void Tell()
        {
            lock (_telling)
            {
                if (_changed.CurrentCount == 0)
                {
                    _changed.Release();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            lock (_owner._lock)
            {
                _owner._subscriptions.Remove(this);
            }

            try
            {
                await _queue.UnsubscribeAsync();
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                // Redis is away, and the subscription with it.
            }
        }
    }
}
