using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>A worker: the product's scheduler over a simulated machine.</summary>
internal sealed class SimWorker(int index, int slots, SimPolicy policy)
{
    private readonly SimMachine _machine = new(slots);
    private readonly List<SimRun> _runs = [];

    /// <summary>The lanes of which one may be given back; each once for each heartbeat.</summary>
    private readonly HashSet<Lane> _roomElsewhere = [];
    private LaneOrders _orders = new();

    public int Index { get; } = index;

    public int Slots { get; } = slots;

    public SlotQueue<SimTask> Queue { get; } = new(slots, policy.Options());

    /// <summary>Rises when the next end of a run may have moved, so that an event that is out of date is known.</summary>
    public int Version { get; private set; }

    public int Busy => _runs.Count;

    /// <summary>Whether it would take another delivery of a lane now.</summary>
    public bool Wants(Lane lane) => Queue.Waiting(lane) < (policy.Bounded ? Queue.MayHold(lane) - Queue.Running(lane) : Queue.Counts.Startable(lane));

    public void Offer(SimTask task, double now) =>
        Queue.Add(policy.Lanes ? task.Lane : Lane.Short, task, "a", maxConcurrent: 0, TimeSpan.FromSeconds(now), TimeSpan.FromSeconds(now - task.Arrival));

    public void Obey(LaneOrders orders)
    {
        _orders = orders;
        Queue.Reserved = orders.ReservedSlots;
        _roomElsewhere.Clear();
        _roomElsewhere.UnionWith(orders.RoomElsewhere ?? []);
    }

    /// <summary>Takes what has waited too long and may go to another worker; null when there is nothing.</summary>
    public SimTask? GiveBack(double now)
    {
        if (!Queue.TryGiveBack(_roomElsewhere, TimeSpan.FromSeconds(now), out var task))
        {
            return null;
        }

        _roomElsewhere.Remove(task.Lane);
        return task;
    }

    /// <summary>Starts what may start.</summary>
    public void Start(double now, Action<SimRun> started)
    {
        while (Queue.TryStart(TimeSpan.FromSeconds(now)) is { } slot)
        {
            var run = new SimRun(slot, now);
            _machine.Advance(now);
            _machine.Add(run);
            _runs.Add(run);
            Version++;
            started(run);
        }
    }

    /// <summary>When the next run ends.</summary>
    public double? NextEnd() => _machine.Next()?.At;

    /// <summary>Ends the run that is due.</summary>
    public SimRun End(double now)
    {
        var run = _machine.Next()!.Value.Run;
        _machine.Advance(now);
        _machine.Remove(run);
        _runs.Remove(run);
        Queue.Release(run.Slot, TimeSpan.FromSeconds(now));
        Version++;
        return run;
    }

    /// <summary>Demotes what has outstayed its lane. Returns how many.</summary>
    public int Demote(double now)
    {
        var demoted = 0;
        foreach (var run in _runs.Where(run => now - run.StartedAt >= _orders.OutstaySeconds))
        {
            if (Queue.Demote(run.Slot, TimeSpan.FromSeconds(now)))
            {
                _machine.Advance(now);
                run.Lowered = true;
                run.DemotedAt = now;
                Version++;
                demoted++;
            }
        }

        return demoted;
    }
}
