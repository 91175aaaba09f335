using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Keeps what each lane of a session may hold at what the scheduler says, and spread over the lane's queues: at once where a lane waits for more, else at most four times a second,
/// because that number changes with every start and end in the other lanes and the broker need not hear of each. For one caller at a time; changes may be noted by any thread.
/// </summary>
internal sealed class LaneHoldings : IDisposable
{
    private static readonly TimeSpan s_adjustEvery = TimeSpan.FromMilliseconds(250);

    private readonly DeliveryScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly bool _spreads;
    private readonly List<Entry> _entries = [];

    /// <summary>Completed by a change, replaced by the loop before it looks.</summary>
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LaneHoldings(DeliveryScheduler scheduler, TimeProvider time, int queuesPerLane)
    {
        (_scheduler, _time, _spreads) = (scheduler, time, queuesPerLane > 1);
        scheduler.MayHoldChanged += NoteChange;
        if (_spreads)
        {
            // One queue has an open place whenever a delivery could start: where there are more, some may not.
            scheduler.CanStartChanged += NoteChange;
        }
    }

    /// <summary>The lanes that are consumed.</summary>
    public IEnumerable<LaneChannel> Lanes => _entries.Select(entry => entry.Lane);

    /// <summary>What is held or may be held has changed.</summary>
    public void NoteChange() => Volatile.Read(ref _changed).TrySetResult();

    /// <summary>Begins to consume a lane that has a queue.</summary>
    public void Add(LaneChannel lane) => _entries.Add(new Entry(lane));

    /// <summary>Follows what may be held until the time is over.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public async Task FollowAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            var next = await AdjustAsync(cancellationToken);
            var left = duration - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            await Volatile.Read(ref _changed).Task.WaitAsync(next < left ? next : left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    public void Dispose()
    {
        _scheduler.MayHoldChanged -= NoteChange;
        if (_spreads)
        {
            _scheduler.CanStartChanged -= NoteChange;
        }
    }

    /// <summary>Returns after which time there is something left to adjust; <see cref="TimeSpan.MaxValue"/> when there is nothing.</summary>
    private async Task<TimeSpan> AdjustAsync(CancellationToken cancellationToken)
    {
        var next = TimeSpan.MaxValue;
        foreach (var entry in _entries)
        {
            var left = await AdjustAsync(entry, cancellationToken);
            next = left < next ? left : next;
        }

        return next;
    }

    private async Task<TimeSpan> AdjustAsync(Entry entry, CancellationToken cancellationToken)
    {
        LaneRoom Room() => _scheduler.RoomOf(entry.Lane.Lane);
        if (entry.Lane.Next(Room()) is not { } change)
        {
            return TimeSpan.MaxValue;
        }

        var left = entry.AdjustedAt is { } at ? s_adjustEvery - _time.GetElapsedTime(at) : TimeSpan.Zero;
        if (left <= TimeSpan.Zero)
        {
            entry.AdjustedAt = _time.GetTimestamp();
            await entry.Lane.FollowAsync(Room, urgentOnly: false, cancellationToken);
            left = s_adjustEvery;
        }
        else if (change.IsUrgent)
        {
            await entry.Lane.FollowAsync(Room, urgentOnly: true, cancellationToken);
        }

        return entry.Lane.Next(Room()) is null ? TimeSpan.MaxValue : left;
    }

    private sealed class Entry(LaneChannel lane)
    {
        public LaneChannel Lane { get; } = lane;

        /// <summary>When all that was to be done was done last.</summary>
        public long? AdjustedAt { get; set; }
    }
}
