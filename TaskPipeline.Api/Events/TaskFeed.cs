using System.Threading.Channels;
using StackExchange.Redis;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// One task that is followed here: a subscription to its channel, and a loop that takes what was told last, however many changes
/// were told meanwhile, and reads the task where that does not say all. It lives while it has readers.
/// </summary>
internal sealed class TaskFeed
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_subscribe = TimeSpan.FromMilliseconds(800);

    private readonly TaskId _id;
    private readonly RedisChannel _channel;
    private readonly ITaskStore _store;
    private readonly QueueEstimator _queue;
    private readonly ISubscriber _subscriber;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Written by whoever estimates, taken by the loop.</summary>
    private QueueEstimate? _estimate;

    /// <summary>The change that was told last, taken by the loop.</summary>
    private ChangeMessage? _told;

    /// <summary>Whether the task may have changed since it was read; 0 or 1.</summary>
    private int _isStale;

    /// <summary>Holds one at the most: changes that nobody has read yet are read together. Completed by the last reader.</summary>
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>. Whoever makes the feed is its first reader, also when it ends before it has begun.</summary>
    private int _readers = 1;

    /// <summary>How many of them want every state. Guarded by <see cref="_lock"/> when written.</summary>
    private volatile int _stateReaders;

    /// <summary>Completed by the loop when it has gone round from when they were put here. Guarded by <see cref="_lock"/>.</summary>
    private readonly List<TaskCompletionSource> _rounds = [];

    /// <summary>What a reader of every state waits for: the newest round, or the first state before there was one. Guarded by <see cref="_lock"/>.</summary>
    private Task _fresh;

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private bool _closed;

    /// <summary>Written by the loop alone, read by every reader.</summary>
    private volatile Link _newest = new(Snapshot: null, IsLast: false);

    public TaskFeed(TaskId id, RedisChannel channel, FeedInterest interest, ITaskStore store, QueueEstimator queue, ISubscriber subscriber, TimeProvider time)
    {
        (_id, _channel, _store, _queue, _subscriber, _time) = (id, channel, store, queue, subscriber, time);
        _stateReaders = interest == FeedInterest.States ? 1 : 0;
        _fresh = Ready;
        Ended = RunAsync();
    }

    /// <summary>Completes when the first state is there (<see cref="Newest"/> has none when there is no such task); fails as the store does.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Whether anybody wants more than the end.</summary>
    public bool TellsStates => _stateReaders > 0;

    /// <summary>Completes when the subscription is gone; then, and not before, another feed of the task may be made.</summary>
    public Task Ended { get; }

    /// <summary>The newest link; a reader that holds an older one goes straight to it.</summary>
    public Link Newest => _newest;

    /// <summary>Counts a reader in. Answers with what completes, or fails as the store does, when <see cref="Newest"/> is as new as the reader wants it; with null when the feed is closing.</summary>
    public Task? TryJoin(FeedInterest interest)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return null;
            }

            _readers++;
            if (interest == FeedInterest.End)
            {
                return Ready;
            }

            if (_stateReaders++ == 0)
            {
                // While only its end was of interest, it may have changed unread.
                var round = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _rounds.Add(round);
                _fresh = round.Task;
                Tell();
            }

            return _fresh;
        }
    }

    /// <summary>Counts a reader out; the last one closes the feed.</summary>
    public void Leave(FeedInterest interest)
    {
        lock (_lock)
        {
            _stateReaders -= interest == FeedInterest.States ? 1 : 0;
            if (--_readers > 0)
            {
                return;
            }

            _closed = true;
        }

        _changes.Writer.TryComplete();
    }

    /// <summary>The task may have changed.</summary>
    public void Tell()
    {
        Volatile.Write(ref _isStale, 1);
        _changes.Writer.TryWrite(true);
    }

    /// <summary>The task has changed, as the message says.</summary>
    private void Tell(RedisValue message)
    {
        if (!TellsStates && ChangeMessage.GoesOn(message))
        {
            return;
        }

        if (ChangeMessage.Read(message) is { } told)
        {
            Volatile.Write(ref _told, told);
            _changes.Writer.TryWrite(true);
        }
        else
        {
            Tell();
        }
    }

    /// <summary>Where the task stands now. Readers are told if that says something new.</summary>
    public void Tell(QueueEstimate estimate)
    {
        Volatile.Write(ref _estimate, estimate);
        _changes.Writer.TryWrite(true);
    }

    private async Task RunAsync()
    {
        ChannelMessageQueue? queue = null;
        try
        {
            // Subscribed before the first look, so that no change falls between the two.
            queue = await SubscribeAsync();
            queue.OnMessage(message => Tell(message.Message));
            await FollowAsync();
        }
        catch (Exception exception)
        {
            // Whatever keeps the feed from beginning is told to everybody who waits for it; once it has begun, only this can end it.
            var failure = exception is RedisException or TimeoutException
                ? new StoreUnavailableException("The changes of the task cannot be subscribed to", exception)
                : exception;
            lock (_lock)
            {
                _closed = true;
            }

            _ready.TrySetException(failure);
            End(Waiting(), failure);
            Publish(new Link(_newest.Snapshot, IsLast: true));
        }
        finally
        {
            await UnsubscribeAsync(queue);
        }
    }

    private async Task FollowAsync()
    {
        await ReadAsync();
        _ready.TrySetResult();
        await foreach (var _ in _changes.Reader.ReadAllAsync())
        {
            // Before anything is looked at: who came later is not answered with what was seen earlier.
            var waiting = Waiting();
            try
            {
                if (!_newest.IsLast)
                {
                    await TakeAsync();
                }

                End(waiting, failure: null);
            }
            catch (StoreUnavailableException exception)
            {
                // Readers keep what they have; the change is not forgotten.
                End(waiting, exception);
                Tell();
                await Task.Delay(s_again, _time, CancellationToken.None);
            }
        }
    }

    private TaskCompletionSource[] Waiting()
    {
        lock (_lock)
        {
            return _rounds.Count == 0 ? [] : [.. _rounds];
        }
    }

    /// <summary>Ends the rounds that were waiting: the first of the list, to which only joining adds.</summary>
    private void End(TaskCompletionSource[] rounds, Exception? failure)
    {
        lock (_lock)
        {
            _rounds.RemoveRange(0, rounds.Length);
        }

        foreach (var round in rounds)
        {
            if (failure is null)
            {
                round.TrySetResult();
            }
            else
            {
                round.TrySetException(failure);
            }
        }
    }

    private async Task TakeAsync()
    {
        var told = Interlocked.Exchange(ref _told, null);
        if (Interlocked.Exchange(ref _isStale, 0) == 1 || (told is not null && !await TryTakeAsync(told)))
        {
            await ReadAsync();
        }
        else if (told is null && Interlocked.Exchange(ref _estimate, null) is { } estimate && TellsStates && _newest.Snapshot is { Task.Record.State: TaskState.Pending } pending && pending.Estimated(estimate) is { } moved)
        {
            Publish(new Link(moved, IsLast: false));
        }
    }

    /// <summary>The client waits for a connection before it subscribes; here nobody waits longer than for any other answer of Redis.</summary>
    private async Task<ChannelMessageQueue> SubscribeAsync()
    {
        if (!_subscriber.IsConnected(_channel))
        {
            throw new StoreUnavailableException();
        }

        var subscribing = _subscriber.SubscribeAsync(_channel);
        try
        {
            return await subscribing.WaitAsync(s_subscribe, _time);
        }
        catch (TimeoutException)
        {
            _ = UnsubscribeLateAsync(subscribing);
            throw;
        }
    }

    private static async Task UnsubscribeLateAsync(Task<ChannelMessageQueue> subscribing)
    {
        try
        {
            await UnsubscribeAsync(await subscribing);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // It never came to be.
        }
    }

    private async Task ReadAsync()
    {
        var task = await _store.GetAsync(_id, CancellationToken.None);
        if (task is null)
        {
            // Its retention is over, or the store has lost it.
            Publish(new Link(_newest.Snapshot, IsLast: true));
        }
        else if (task.Record.Version != _newest.Snapshot?.Version || (TellsStates && _newest.Snapshot.Task is { Record.State: TaskState.Pending, Queue: null }))
        {
            await PublishAsync(task);
        }
    }

    /// <summary>
    /// Takes the task from what was told of it. False when that does not follow from the newest state: when it lacks what a version brought that was not looked
    /// at, and when Redis counts versions anew because it lost some.
    /// </summary>
    private async Task<bool> TryTakeAsync(ChangeMessage told)
    {
        var from = told.IsWhole ? 1 : told.Record.Version - 1;
        if (_newest.Snapshot is not { } newest || newest.Version < from || newest.Version >= told.Record.Version)
        {
            return false;
        }

        await PublishAsync(newest.Task with { Record = told.Record, Result = told.Result, Output = told.IsWhole ? told.Output : newest.Task.Output, Queue = null });
        return true;
    }

    private async Task PublishAsync(StoredTask task) =>
        Publish(new Link(new TaskSnapshot(TellsStates ? await _queue.EstimateAsync(task, CancellationToken.None) : task), task.Record.IsTerminal));

    private void Publish(Link next)
    {
        var previous = _newest;
        _newest = next;
        previous.Follow(next);
    }

    private static async Task UnsubscribeAsync(ChannelMessageQueue? queue)
    {
        try
        {
            if (queue is not null)
            {
                await queue.UnsubscribeAsync();
            }
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // Redis is away, and the subscription with it.
        }
    }

    /// <summary>A state with the promise of the next: one object wakes every reader.</summary>
    /// <param name="Snapshot">The state; null before the first and when there never was one.</param>
    /// <param name="IsLast">No state will follow.</param>
    internal sealed record Link(TaskSnapshot? Snapshot, bool IsLast)
    {
        private readonly TaskCompletionSource _followed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a newer link is there.</summary>
        public Task Followed => _followed.Task;

        public void Follow(Link next) => _followed.TrySetResult();
    }
}
