using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// What waits and what runs in one worker; <see cref="LaneSchedule"/> decides what starts. An entry whose algorithm runs as often
/// as it may here is passed over. Times are those of a monotonic clock since any moment. Not thread safe.
/// </summary>
internal sealed class SlotQueue<T>
{
    /// <summary>How much of the mean run time the last run makes up.</summary>
    private const double NewestRun = 0.2;

    private static readonly int s_lanes = Enum.GetValues<Lane>().Length;

    private readonly SchedulingOptions _options;
    private readonly LinkedList<Entry>[] _waiting = [.. Enumerable.Range(0, s_lanes).Select(_ => new LinkedList<Entry>())];
    private readonly int[] _runningOf = new int[s_lanes];
    private readonly double?[] _meanRun = new double?[s_lanes];
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private SlotCounts _counts;
    private double _budget = 1;

    public SlotQueue(int slots, SchedulingOptions options)
    {
        _options = options;
        _counts = new SlotCounts(slots, Reserved: 0, options.MaxExtraProcesses ?? Math.Max(1, slots / 4), Quick: 0, Slow: 0, Demoted: 0);
    }

    /// <summary>Who holds the slots.</summary>
    public SlotCounts Counts => _counts;

    /// <summary>This worker's share of the fleet's reserve. What runs already is left alone.</summary>
    public int Reserved
    {
        get => _counts.Reserved;
        set => _counts = _counts with { Reserved = Math.Clamp(value, 0, _counts.Slots - 1) };
    }

    /// <summary>How many wait in a lane.</summary>
    public int Waiting(Lane lane) => _waiting[(int)lane].Count;

    /// <summary>What waits in a lane, the head first.</summary>
    public IEnumerable<T> WaitingItems(Lane lane) => _waiting[(int)lane].Select(entry => entry.Item);

    /// <summary>How many entries of a lane run, on whichever account.</summary>
    public int Running(Lane lane) => _runningOf[(int)lane];

    /// <summary>Whether the runs of a lane are so short lately that what surrounds them matters.</summary>
    public bool IsFast(Lane lane) => _meanRun[(int)lane] is { } mean && mean < _options.FastRun.TotalSeconds;

    /// <summary>
    /// How many deliveries of a lane this worker may hold, running ones included: beside those that run the ones that can start now, and one more, so that a slot is never idle
    /// for a round trip. Several for each slot while the lane's runs are so short that one would not last, and as long as anything of the lane can run here at all.
    /// </summary>
    public int MayHold(Lane lane)
    {
        var own = Running(lane) + _counts.Startable(lane);
        return own > 0 && IsFast(lane) ? Math.Max(own + 1, _counts.Slots * _options.FastPrefetchPerSlot) : own + 1;
    }

    /// <summary>Adds an entry to the end of its lane.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="item">What waits.</param>
    /// <param name="algorithm">Its algorithm.</param>
    /// <param name="maxConcurrent">At most so many of the algorithm at a time; 0 for no such limit.</param>
    /// <param name="now">The time.</param>
    /// <param name="waited">How long it has waited before it came here.</param>
    public void Add(Lane lane, T item, string algorithm, int maxConcurrent, TimeSpan now, TimeSpan waited = default) =>
        _waiting[(int)lane].AddLast(new Entry(item, algorithm, maxConcurrent, now, waited));

    /// <summary>Takes what starts now, with a slot; null when nothing may.</summary>
    public RunningSlot<T>? TryStart(TimeSpan now)
    {
        Span<LaneHead> heads = stackalloc LaneHead[s_lanes];
        var nodes = new LinkedListNode<Entry>?[s_lanes];
        var count = 0;
        for (var lane = 0; lane < s_lanes; lane++)
        {
            if (_waiting[lane].Count > 0 && FirstRunnable(_waiting[lane]) is { } node)
            {
                nodes[lane] = node;
                heads[count++] = new LaneHead((Lane)lane, now - node.Value.Since + node.Value.Before);
            }
        }

        if (LaneSchedule.Next(_counts, heads[..count], _budget, _options) is not { } decision)
        {
            return null;
        }

        _budget = LaneSchedule.Charge(_budget, decision, _options);
        var chosen = nodes[(int)decision.Lane]!;
        _waiting[(int)decision.Lane].Remove(chosen);
        return Start(decision.Lane, chosen.Value, now);
    }

    /// <summary>
    /// Moves a running entry that has outstayed its lane to the slow account; the slot that the quick account loses by it is made
    /// good within the bound. False when it is on the slow account already.
    /// </summary>
    public bool Demote(RunningSlot<T> slot, TimeSpan now)
    {
        if (slot.Ended || slot.DemotedAt is not null || !SlotCounts.IsQuick(slot.Lane))
        {
            return false;
        }

        slot.DemotedAt = now;
        _counts = _counts with { Quick = _counts.Quick - 1, Slow = _counts.Slow + 1, Demoted = _counts.Demoted + 1 };
        return true;
    }

    /// <summary>Gives a slot back; a second time changes nothing.</summary>
    public void Release(RunningSlot<T> slot, TimeSpan now)
    {
        if (slot.Ended)
        {
            return;
        }

        slot.Ended = true;
        _runningOf[(int)slot.Lane]--;
        var took = (now - slot.StartedAt).TotalSeconds;
        _meanRun[(int)slot.Lane] = _meanRun[(int)slot.Lane] is { } mean ? mean + (NewestRun * (took - mean)) : took;
        _counts = slot.DemotedAt is not null
            ? _counts with { Slow = _counts.Slow - 1, Demoted = _counts.Demoted - 1 }
            : SlotCounts.IsQuick(slot.Lane) ? _counts with { Quick = _counts.Quick - 1 } : _counts with { Slow = _counts.Slow - 1 };
        if (--_running[slot.Algorithm] == 0)
        {
            _running.Remove(slot.Algorithm);
        }
    }

    /// <summary>Takes what has waited so long that another worker, which has room for its lane, should have it. One at a time.</summary>
    public bool TryGiveBack(IReadOnlyCollection<Lane> roomElsewhere, TimeSpan now, out T item)
    {
        foreach (var lane in roomElsewhere)
        {
            if (_waiting[(int)lane].First is { } node && now - node.Value.Since >= _options.GiveBackAfter)
            {
                _waiting[(int)lane].Remove(node);
                item = node.Value.Item;
                return true;
            }
        }

        item = default!;
        return false;
    }

    /// <summary>Forgets everything that waits.</summary>
    public void Clear() => RemoveAll(_ => true);

    /// <summary>Forgets what waits and meets a condition.</summary>
    public void RemoveAll(Predicate<T> condition)
    {
        foreach (var lane in _waiting)
        {
            for (var node = lane.First; node is not null;)
            {
                var next = node.Next;
                if (condition(node.Value.Item))
                {
                    lane.Remove(node);
                }

                node = next;
            }
        }
    }

    /// <summary>Visits what waits in a lane, the head first, with the time since it came; until the visitor returns false.</summary>
    public void Visit(Lane lane, TimeSpan now, Func<T, TimeSpan, bool> visitor)
    {
        for (var node = _waiting[(int)lane].First; node is not null && visitor(node.Value.Item, now - node.Value.Since); node = node.Next)
        {
        }
    }

    private RunningSlot<T> Start(Lane lane, Entry entry, TimeSpan now)
    {
        _running[entry.Algorithm] = _running.GetValueOrDefault(entry.Algorithm) + 1;
        _runningOf[(int)lane]++;
        _counts = SlotCounts.IsQuick(lane) ? _counts with { Quick = _counts.Quick + 1 } : _counts with { Slow = _counts.Slow + 1 };
        return new RunningSlot<T>(lane, entry.Item, entry.Algorithm, now);
    }

    private LinkedListNode<Entry>? FirstRunnable(LinkedList<Entry> lane)
    {
        for (var node = lane.First; node is not null; node = node.Next)
        {
            if (node.Value.MaxConcurrent == 0 || _running.GetValueOrDefault(node.Value.Algorithm) < node.Value.MaxConcurrent)
            {
                return node;
            }
        }

        return null;
    }

    private sealed record Entry(T Item, string Algorithm, int MaxConcurrent, TimeSpan Since, TimeSpan Before);
}
