using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Keeps what each lane of a session may hold at what the scheduler says: at once where a lane waits for more, else at most four times a second, because
/// that number changes with every start and end in the other lanes and the broker need not hear of each. For one caller at a time; changes may be noted by any thread.
/// </summary>
internal sealed class LaneHoldings : IDisposable
{
    private static readonly TimeSpan s_adjustEvery = TimeSpan.FromMilliseconds(250);

    private readonly DeliveryScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly List<Entry> _entries = [];

    /// <summary>Completed by a change, replaced by the loop before it looks.</summary>
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LaneHoldings(DeliveryScheduler scheduler, TimeProvider time)
    {
        (_scheduler, _time) = (scheduler, time);
        scheduler.MayHoldChanged += NoteChange;
    }

    /// <summary>The lanes that are consumed.</summary>
    public IEnumerable<LaneChannel> Lanes => _entries.Select(entry => entry.Lane);

    /// <summary>What is held or may be held has changed.</summary>
    public void NoteChange() => Volatile.Read(ref _changed).TrySetResult();

    /// <summary>Begins to consume a lane.</summary>
    public async Task AddAsync(LaneChannel lane, CancellationToken cancellationToken)
    {
        var entry = new Entry(lane);
        _entries.Add(entry);
        await HoldAsync(entry, cancellationToken);
    }

    /// <summary>Follows what may be held until the time is over.</summary>
    /// <param name="duration">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public async Task FollowAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            var wait = await AdjustAsync(cancellationToken);
            if (duration != Timeout.InfiniteTimeSpan)
            {
                var left = duration - _time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return;
                }

                wait = wait < left && wait != Timeout.InfiniteTimeSpan ? wait : left;
            }

            await Volatile.Read(ref _changed).Task.WaitAsync(wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    public void Dispose() => _scheduler.MayHoldChanged -= NoteChange;

    /// <summary>Returns after which time there is something left to adjust.</summary>
    private async Task<TimeSpan> AdjustAsync(CancellationToken cancellationToken)
    {
        var wait = Timeout.InfiniteTimeSpan;
        foreach (var entry in _entries)
        {
            var (mayHold, mostHeld) = (_scheduler.MayHold(entry.Lane.Lane), entry.Lane.MostHeld);
            var left = s_adjustEvery - _time.GetElapsedTime(entry.AdjustedAt);
            if (mayHold != mostHeld && (left <= TimeSpan.Zero || (mayHold > mostHeld && entry.Lane.IsFull)))
            {
                await HoldAsync(entry, cancellationToken);
            }
            else if (mayHold != mostHeld && (wait == Timeout.InfiniteTimeSpan || left < wait))
            {
                wait = left;
            }
        }

        return wait;
    }

    private Task HoldAsync(Entry entry, CancellationToken cancellationToken)
    {
        entry.AdjustedAt = _time.GetTimestamp();
        return entry.Lane.HoldAsync(_scheduler.MayHold(entry.Lane.Lane), cancellationToken);
    }

    private sealed class Entry(LaneChannel lane)
    {
        public LaneChannel Lane { get; } = lane;

        public long AdjustedAt { get; set; }
    }
}
