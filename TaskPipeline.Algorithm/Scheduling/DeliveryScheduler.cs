using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Starts deliveries as <see cref="SlotQueue{T}"/> says, demotes what outstays its lane, and ends in two phases: nothing new, then
/// a grace for what runs. In lanes whose runs are short it has the next deliveries claimed ahead of their slots, so that a slot is
/// held only from the first frame to the last. Thread safe.
/// </summary>
internal sealed class DeliveryScheduler : IDisposable
{
    /// <summary>How often it is looked for tasks that outstayed their lane and for deliveries that waited too long.</summary>
    private static readonly TimeSpan s_inspectEvery = TimeSpan.FromMilliseconds(250);

    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    private readonly TaskExecutor _executor;
    private readonly AlgorithmCatalogue _catalogue;
    private readonly RunningTasks _tasks;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkerOptions _options;
    private readonly TimeSpan _giveBackAfter;
    private readonly int _mostAhead;
    private readonly long _origin;
    private readonly ITimer _inspection;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly SlotQueue<WaitingDelivery> _queue;

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<RunningSlot<WaitingDelivery>> _running = [];

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<Task> _executions = [];

    /// <summary>Guarded by <see cref="_lock"/>: what may be claimed ahead, by lane; entries that have left the line or are begun stay until they are met.</summary>
    private readonly Queue<WaitingDelivery>[] _unclaimed = [.. s_lanes.Select(_ => new Queue<WaitingDelivery>())];

    /// <summary>Guarded by <see cref="_lock"/>: what each lane has room for, as it was told last.</summary>
    private readonly LaneRoom[] _room = new LaneRoom[s_lanes.Length];

    /// <summary>Guarded by <see cref="_lock"/>: the lanes of which one may be given back; each once for each answer to a heartbeat.</summary>
    private readonly HashSet<Lane> _roomElsewhere = [];

    /// <summary>Guarded by <see cref="_lock"/>: decided on, to be begun when the lock is left.</summary>
    private List<WaitingDelivery> _toBegin = [];

    /// <summary>Guarded by <see cref="_lock"/>: have left the line, to be told when the lock is left.</summary>
    private List<WaitingDelivery> _toHandOver = [];

    /// <summary>Guarded by <see cref="_lock"/>: go back to their lanes when the lock is left.</summary>
    private List<WaitingDelivery> _toGiveBack = [];

    /// <summary>Guarded by <see cref="_lock"/>: what may be held has changed, to be told when the lock is left.</summary>
    private bool _mayHoldChanged;

    /// <summary>Guarded by <see cref="_lock"/>: whether some lane's next delivery could start at once has changed, to be told when the lock is left.</summary>
    private bool _canStartChanged;

    /// <summary>Guarded by <see cref="_lock"/>: how many are begun and still wait for a slot.</summary>
    private int _ahead;

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private LaneOrders _orders = new();
    private bool _draining;

    public DeliveryScheduler(
        TaskExecutor executor, AlgorithmCatalogue catalogue, RunningTasks tasks, TimeProvider time, IOptions<WorkerOptions> options,
        IOptions<SchedulingOptions> scheduling, ILogger<DeliveryScheduler> logger)
    {
        _executor = executor;
        _catalogue = catalogue;
        _tasks = tasks;
        _time = time;
        _logger = logger;
        _options = options.Value;
        _giveBackAfter = scheduling.Value.GiveBackAfter;
        _mostAhead = _options.Slots * scheduling.Value.FastClaimsPerSlot;
        _origin = time.GetTimestamp();
        _queue = new SlotQueue<WaitingDelivery>(_options.Slots, scheduling.Value);
        NoteHoldings_NeedsLock();
        _inspection = time.CreateTimer(_ => Inspect(), state: null, s_inspectEvery, s_inspectEvery);
    }

    /// <summary>What may be held of some lane has changed. Raised on the thread that changed it: handlers are short.</summary>
    public event Action? MayHoldChanged;

    /// <summary>Whether the next delivery of some lane could start at once has changed. As often as tasks start and end; raised like the other.</summary>
    public event Action? CanStartChanged;

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Takes a delivery over. It is left unacknowledged when the worker drains: the broker gives it to another.</summary>
    public void Offer(Delivery delivery)
    {
        var algorithm = delivery.Message.Submission.Algorithm;
        var maxConcurrent = _catalogue.Entries.GetValueOrDefault(algorithm)?.MaxConcurrent ?? 0;
        lock (_lock)
        {
            var waiting = new WaitingDelivery(delivery);
            _queue.Add(delivery.Message.Lane, waiting, algorithm, maxConcurrent, Now, WaitedBefore(delivery));
            _unclaimed[(int)delivery.Message.Lane].Enqueue(waiting);
            Start_NeedsLock();
        }

        Go();
    }

    /// <summary>
    /// How long it waited in the broker. By the wall clocks of two machines: one that is off makes deliveries look patient or impatient, and the budget of
    /// ageing bounds what that may cost.
    /// </summary>
    private TimeSpan WaitedBefore(Delivery delivery)
    {
        var waited = _time.GetUtcNow() - delivery.Message.PublishedAt;
        return waited > TimeSpan.Zero ? waited : TimeSpan.Zero;
    }

    /// <summary>Obeys the answer to a heartbeat, until the next one.</summary>
    public void Obey(LaneOrders orders)
    {
        lock (_lock)
        {
            _orders = orders;
            _queue.Reserved = orders.ReservedSlots;
            _roomElsewhere.Clear();
            _roomElsewhere.UnionWith(orders.RoomElsewhere ?? []);
            Start_NeedsLock();
        }

        Go();
    }

    /// <summary>How the slots are used, and how many deliveries of each lane wait.</summary>
    public LaneUse Use()
    {
        lock (_lock)
        {
            return new LaneUse(_queue.Counts.Slow, [.. s_lanes.Select(_queue.Waiting)]);
        }
    }

    /// <summary>What a lane has room for here.</summary>
    public LaneRoom RoomOf(Lane lane)
    {
        lock (_lock)
        {
            return _room[(int)lane];
        }
    }

    /// <summary>Forgets what waits: its channel is gone and with it the right to acknowledge. What is claimed belongs to its record and stays.</summary>
    public void ForgetWaiting()
    {
        lock (_lock)
        {
            _queue.RemoveAll(waiting => !waiting.Begun);
            Array.ForEach(_unclaimed, lane => lane.Clear());
        }
    }

    /// <summary>Starts nothing more, lets running tasks finish within the grace, makes the rest give up.</summary>
    public async Task DrainAsync()
    {
        Task[] executions;
        lock (_lock)
        {
            _draining = true;
            GiveBack_NeedsLock(_ => true);
            _queue.Clear();
            executions = [.. _executions];
        }

        Go();
        var all = Task.WhenAll(executions);
        Log.Draining(_logger, executions.Length);
        try
        {
            await all.WaitAsync(_options.DrainGrace, _time);
        }
        catch (TimeoutException)
        {
            _tasks.AbandonAll();
            await all;
        }
    }

    public void Dispose() => _inspection.Dispose();

    private void Start_NeedsLock()
    {
        while (!_draining && _queue.TryStart(Now) is { } started)
        {
            _tasks.Enter();
            _running.Add(started);
            if (started.Item.Begun)
            {
                _ahead--;
            }

            Begin_NeedsLock(started.Item);
            Leave_NeedsLock(started.Item, new Slot(this, started));
        }

        ClaimAhead_NeedsLock();
        NoteHoldings_NeedsLock();
    }

    private void NoteHoldings_NeedsLock()
    {
        foreach (var lane in s_lanes)
        {
            var room = new LaneRoom(_queue.MayHold(lane), _queue.Counts.Startable(lane) > 0);
            _mayHoldChanged |= room.MayHold != _room[(int)lane].MayHold;
            _canStartChanged |= room.CanStart != _room[(int)lane].CanStart;
            _room[(int)lane] = room;
        }
    }

    /// <summary>Some for each slot are claimed ahead, from lanes whose runs are so short that they will start soon.</summary>
    private void ClaimAhead_NeedsLock()
    {
        for (var lane = 0; lane < _unclaimed.Length; lane++)
        {
            var unclaimed = _unclaimed[lane];
            while (unclaimed.TryPeek(out var next))
            {
                if (!next.Begun && !next.Left)
                {
                    if (_draining || _ahead >= _mostAhead || !_queue.IsFast((Lane)lane))
                    {
                        break;
                    }

                    _ahead++;
                    Begin_NeedsLock(next);
                }

                unclaimed.Dequeue();
            }
        }
    }

    private void Begin_NeedsLock(WaitingDelivery waiting)
    {
        if (!waiting.Begun)
        {
            waiting.Begun = true;
            _executions.Add(waiting.Ended);
            _toBegin.Add(waiting);
        }
    }

    private void Leave_NeedsLock(WaitingDelivery waiting, IRunSlot? slot)
    {
        waiting.Leave(slot);
        _toHandOver.Add(waiting);
    }

    /// <summary>
    /// Does what was decided under the lock, without it and on the calling thread: neither a claim nor the start of a run waits for
    /// anything there.
    /// </summary>
    private void Go()
    {
        List<WaitingDelivery> begin;
        List<WaitingDelivery> handOver;
        List<WaitingDelivery> giveBack;
        bool mayHoldChanged;
        bool canStartChanged;
        lock (_lock)
        {
            if (_toBegin.Count + _toHandOver.Count + _toGiveBack.Count == 0 && !_mayHoldChanged && !_canStartChanged)
            {
                return;
            }

            (begin, _toBegin) = (_toBegin, []);
            (handOver, _toHandOver) = (_toHandOver, []);
            (giveBack, _toGiveBack) = (_toGiveBack, []);
            (mayHoldChanged, _mayHoldChanged) = (_mayHoldChanged, false);
            (canStartChanged, _canStartChanged) = (_canStartChanged, false);
        }

        begin.ForEach(waiting => _ = ExecuteAsync(waiting));
        handOver.ForEach(waiting => waiting.HandOver());
        giveBack.ForEach(waiting => _ = waiting.Delivery.GiveBackAsync());
        if (mayHoldChanged)
        {
            MayHoldChanged?.Invoke();
        }

        if (canStartChanged)
        {
            CanStartChanged?.Invoke();
        }
    }

    private async Task ExecuteAsync(WaitingDelivery waiting)
    {
        try
        {
            await _executor.ExecuteAsync(waiting.Delivery, waiting.Slot);
        }
        catch (Exception exception)
        {
            // The edge of the execution: the slot must come back whatever happened.
            using var trace = AlgorithmActivitySource.Within(waiting.Delivery.Message);
            Log.ExecutionFailed(_logger, exception, waiting.Delivery.Message.TaskId);
        }

        End(waiting);
    }

    /// <summary>Lets what was claimed ahead go to other workers.</summary>
    private void GiveBack_NeedsLock(Predicate<TimeSpan> hasWaitedTooLong)
    {
        var tooLong = new HashSet<WaitingDelivery>();
        foreach (var lane in s_lanes)
        {
            _queue.Visit(lane, Now, (waiting, waited) =>
            {
                if (waiting.Begun && hasWaitedTooLong(waited))
                {
                    tooLong.Add(waiting);
                }

                return true;
            });
        }

        if (tooLong.Count > 0)
        {
            _queue.RemoveAll(tooLong.Contains);
            foreach (var waiting in tooLong)
            {
                _ahead--;
                Leave_NeedsLock(waiting, slot: null);
            }
        }
    }

    /// <summary>Of each lane for which another worker has room, what has waited longest goes there, one for each answer to a heartbeat.</summary>
    private void GiveToOthers_NeedsLock(TimeSpan now)
    {
        while (!_draining && _queue.TryGiveBack(_roomElsewhere, now, out var waiting))
        {
            _roomElsewhere.Remove(waiting.Delivery.Message.Lane);
            waiting.Leave(slot: null);
            _toGiveBack.Add(waiting);
            Log.GivenToOthers(_logger, waiting.Delivery.Message.TaskId, waiting.Delivery.Message.Lane);
        }
    }

    private void End(WaitingDelivery waiting)
    {
        lock (_lock)
        {
            _executions.Remove(waiting.Ended);
            if (!waiting.Left)
            {
                // Refused or cancelled before its turn came.
                _queue.RemoveAll(one => one == waiting);
                _ahead--;
                waiting.Leave(slot: null);
                ClaimAhead_NeedsLock();
            }
        }

        waiting.End();
        Go();
    }

    /// <summary>What only time brings about.</summary>
    private void Inspect()
    {
        lock (_lock)
        {
            var now = Now;
            if (_orders.OutstaySeconds is { } seconds)
            {
                foreach (var slot in _running.Where(slot => (now - slot.StartedAt).TotalSeconds >= seconds))
                {
                    if (_queue.Demote(slot, now))
                    {
                        using var trace = AlgorithmActivitySource.Within(slot.Item.Delivery.Message);
                        Log.Demoted(_logger, slot.Item.Delivery.Message.TaskId, slot.Lane, seconds);
                    }
                }
            }

            // Only a slot that was taken by something slow meanwhile makes what was claimed ahead wait.
            GiveBack_NeedsLock(waited => waited >= _giveBackAfter);
            GiveToOthers_NeedsLock(now);

            // What was demoted may have been made good.
            Start_NeedsLock();
        }

        Go();
    }

    private void Release(RunningSlot<WaitingDelivery> slot)
    {
        _tasks.Leave();
        lock (_lock)
        {
            _running.Remove(slot);
            _queue.Release(slot, Now);
            Start_NeedsLock();
        }

        Go();
    }

    /// <summary>The right to run; given back once, as soon as the native code is done.</summary>
    private sealed class Slot(DeliveryScheduler owner, RunningSlot<WaitingDelivery> running) : IRunSlot
    {
        private int _released;

        public TimeSpan? DemotedFor
        {
            get
            {
                lock (owner._lock)
                {
                    return owner.Now - running.DemotedAt;
                }
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                owner.Release(running);
            }
        }
    }
}
