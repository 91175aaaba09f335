using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// Feeds over Redis' publish and subscribe, one channel for each task that is followed here. What was said while the connection
/// was away is made up for: every feed looks again once it is back.
/// </summary>
internal sealed class RedisTaskFeeds : ITaskFeeds
{
    private readonly ITaskStore _store;
    private readonly IConnectionMultiplexer _connection;
    private readonly TaskShards _shards;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly Dictionary<TaskId, Entry> _feeds = [];

    public RedisTaskFeeds(ITaskStore store, IConnectionMultiplexer connection, TaskShards shards, TimeProvider time)
    {
        (_store, _connection, _shards, _time) = (store, connection, shards, time);
        connection.ConnectionRestored += (_, _) => TellAll();
    }

    /// <summary>How many tasks are followed.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _feeds.Count;
            }
        }
    }

    public async Task<ITaskFeedReader?> OpenAsync(TaskId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!TryJoin(id, out var feed, out var closing))
            {
                // Its subscription is being given up: a new one must not overtake that.
                await closing.WaitAsync(cancellationToken);
                continue;
            }

            try
            {
                await feed.Ready.WaitAsync(cancellationToken);
            }
            catch
            {
                feed.Leave();
                throw;
            }

            if (feed.Newest.Snapshot is not null)
            {
                return new Reader(feed, _time);
            }

            feed.Leave();
            return null;
        }
    }

    private bool TryJoin(TaskId id, [NotNullWhen(true)] out TaskFeed? feed, [NotNullWhen(false)] out Task? closing)
    {
        lock (_lock)
        {
            if (!_feeds.TryGetValue(id, out var entry))
            {
                var made = new TaskFeed(id, _shards.Changes(id), _store, _connection.GetSubscriber(), _time);
                entry = new Entry(made, ForgetAsync(id, made));
                _feeds.Add(id, entry);
                (feed, closing) = (made, null);
                return true;
            }

            feed = entry.Feed.TryJoin() ? entry.Feed : null;
            closing = feed is null ? entry.Forgotten : null;
            return feed is not null;
        }
    }

    private async Task ForgetAsync(TaskId id, TaskFeed feed)
    {
        // Not before it has been added, should it have ended at once.
        await Task.Yield();
        await feed.Ended;
        lock (_lock)
        {
            _feeds.Remove(id);
        }
    }

    private void TellAll()
    {
        TaskFeed[] all;
        lock (_lock)
        {
            all = [.. _feeds.Values.Select(entry => entry.Feed)];
        }

        foreach (var feed in all)
        {
            feed.Tell();
        }
    }

    /// <param name="Feed">The feed.</param>
    /// <param name="Forgotten">Completes when another feed of the task may be made.</param>
    private sealed record Entry(TaskFeed Feed, Task Forgotten);

    private sealed class Reader(TaskFeed feed, TimeProvider time) : ITaskFeedReader
    {
        private TaskFeed.Link _link = feed.Newest;
        private bool _left;

        public TaskSnapshot Current { get; private set; } = feed.Newest.Snapshot!;

        public bool IsOver => _link.IsLast;

        public async Task<bool> NextAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            if (_link.IsLast)
            {
                return false;
            }

            await _link.Followed.WaitAsync(limit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ReferenceEquals(_link, feed.Newest))
            {
                return false;
            }

            _link = feed.Newest;
            var isNew = !ReferenceEquals(Current, _link.Snapshot);
            Current = _link.Snapshot ?? Current;
            return isNew;
        }

        public ValueTask DisposeAsync()
        {
            if (!_left)
            {
                _left = true;
                feed.Leave();
            }

            return ValueTask.CompletedTask;
        }
    }
}
