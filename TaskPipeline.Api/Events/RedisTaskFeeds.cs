using StackExchange.Redis;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// Feeds over Redis' publish and subscribe, one channel for each task that is followed here. What was said while the connection
/// was away is made up for: every feed looks again once it is back.
/// </summary>
internal sealed class RedisTaskFeeds : ITaskFeeds, IDisposable
{
    /// <summary>How often it is looked where pending tasks stand that are followed here.</summary>
    private static readonly TimeSpan s_estimateEvery = TimeSpan.FromSeconds(1);

    private readonly ITaskStore _store;
    private readonly QueueEstimator _queue;
    private readonly IConnectionMultiplexer _connection;
    private readonly TaskShards _shards;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly Dictionary<TaskId, Entry> _feeds = [];

    public RedisTaskFeeds(ITaskStore store, QueueEstimator queue, IConnectionMultiplexer connection, TaskShards shards, TimeProvider time)
    {
        (_store, _queue, _connection, _shards, _time) = (store, queue, connection, shards, time);
        connection.ConnectionRestored += (_, _) => TellAll();

        // One look after the other: the next begins when the last has ended.
        _timer = time.CreateTimer(_ => _ = EstimateAsync(), state: null, s_estimateEvery, Timeout.InfiniteTimeSpan);
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

    public async Task<ITaskFeedReader?> OpenAsync(TaskId id, FeedInterest interest, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (feed, state) = Join(id, interest);
            if (feed is null)
            {
                // Its subscription is being given up: a new one must not overtake that.
                await state.WaitAsync(cancellationToken);
                continue;
            }

            try
            {
                await state.WaitAsync(cancellationToken);
            }
            catch
            {
                feed.Leave(interest);
                throw;
            }

            if (feed.Newest.Snapshot is not null)
            {
                return new Reader(feed, interest, _time);
            }

            feed.Leave(interest);
            return null;
        }
    }

    /// <summary>The feed, with what completes when its newest state is one for the reader; without a feed, what completes when another may be made.</summary>
    private (TaskFeed? Feed, Task State) Join(TaskId id, FeedInterest interest)
    {
        lock (_lock)
        {
            if (_feeds.TryGetValue(id, out var entry))
            {
                return entry.Feed.TryJoin(interest) is { } state ? (entry.Feed, state) : (null, entry.Forgotten);
            }

            var made = new TaskFeed(id, _shards.Changes(id), interest, _store, _queue, _connection.GetSubscriber(), _time);
            _feeds.Add(id, new Entry(made, ForgetAsync(id, made)));
            return (made, made.Ready);
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

    public void Dispose() => _timer.Dispose();

    private void TellAll() => Array.ForEach(All(), feed => feed.Tell());

    private TaskFeed[] All()
    {
        lock (_lock)
        {
            return [.. _feeds.Values.Select(entry => entry.Feed)];
        }
    }

    /// <summary>Tells the followers of pending tasks where these stand: one question to the store for all of them.</summary>
    private async Task EstimateAsync()
    {
        try
        {
            var feeds = new Dictionary<TaskId, TaskFeed>();
            var tasks = new List<StoredTask>();
            foreach (var feed in All())
            {
                if (feed.TellsStates && feed.Newest is { IsLast: false, Snapshot.Task: { Record.State: TaskState.Pending } task } && feeds.TryAdd(task.Record.Id, feed))
                {
                    tasks.Add(task);
                }
            }

            foreach (var task in await _queue.EstimateAsync(tasks, CancellationToken.None))
            {
                feeds[task.Record.Id].Tell(task.Queue!);
            }
        }
        catch (StoreUnavailableException)
        {
            // They keep what they were told; the next look is soon.
        }
        finally
        {
            _timer.Change(s_estimateEvery, Timeout.InfiniteTimeSpan);
        }
    }

    /// <param name="Feed">The feed.</param>
    /// <param name="Forgotten">Completes when another feed of the task may be made.</param>
    private sealed record Entry(TaskFeed Feed, Task Forgotten);

    private sealed class Reader(TaskFeed feed, FeedInterest interest, TimeProvider time) : ITaskFeedReader
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
                feed.Leave(interest);
            }

            return ValueTask.CompletedTask;
        }
    }
}
