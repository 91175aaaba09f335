using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Starts deliveries as <see cref="SlotQueue{T}"/> says, demotes what outstays its lane, and ends in two phases: nothing new, then
/// a grace for what runs. Thread safe.
/// </summary>
internal sealed class DeliveryScheduler : IDisposable
{
    /// <summary>How often it is looked for tasks that outstayed their lane and for deliveries that waited too long.</summary>
    private static readonly TimeSpan s_inspectEvery = TimeSpan.FromMilliseconds(250);

    private readonly TaskExecutor _executor;
    private readonly AlgorithmCatalogue _catalogue;
    private readonly RunningTasks _tasks;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkerOptions _options;
    private readonly long _origin;
    private readonly ITimer _inspection;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly SlotQueue<Delivery> _queue;

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<RunningSlot<Delivery>> _running = [];

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<Task> _executions = [];

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
        _origin = time.GetTimestamp();
        _queue = new SlotQueue<Delivery>(_options.Slots, scheduling.Value);
        _inspection = time.CreateTimer(_ => Inspect(), state: null, s_inspectEvery, s_inspectEvery);
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Takes a delivery over. It is left unacknowledged when the worker drains: the broker gives it to another.</summary>
    public void Offer(Delivery delivery)
    {
        var algorithm = delivery.Message.Submission.Algorithm;
        var maxConcurrent = _catalogue.Entries.GetValueOrDefault(algorithm)?.MaxConcurrent ?? 0;
        lock (_lock)
        {
            _queue.Add(delivery.Message.Lane, delivery, algorithm, maxConcurrent, Now);
            Start_NeedsLock();
        }
    }

    /// <summary>Obeys the answer to a heartbeat, until the next one.</summary>
    public void Obey(LaneOrders orders)
    {
        lock (_lock)
        {
            _orders = orders;
            _queue.Reserved = orders.ReservedSlots;
            Start_NeedsLock();
        }
    }

    /// <summary>How the slots are used, and how many deliveries of each lane wait.</summary>
    public LaneUse Use()
    {
        lock (_lock)
        {
            return new LaneUse(_queue.Counts.Slow, [.. Enum.GetValues<Lane>().Select(_queue.Waiting)]);
        }
    }

    /// <summary>Forgets what waits: its channel is gone and with it the right to acknowledge.</summary>
    public void ForgetWaiting()
    {
        lock (_lock)
        {
            _queue.Clear();
        }
    }

    /// <summary>Starts nothing more, lets running tasks finish within the grace, makes the rest give up.</summary>
    public async Task DrainAsync()
    {
        Task[] executions;
        lock (_lock)
        {
            _draining = true;
            _queue.Clear();
            executions = [.. _executions];
        }

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
            var slot = new Slot(this, started);
            var execution = Task.Run(() => _executor.ExecuteAsync(started.Item, slot));
            Watch_NeedsLock(execution, started.Item, slot);
        }
    }

    private void Watch_NeedsLock(Task execution, Delivery delivery, Slot? slot)
    {
        _executions.Add(execution);
        execution.ContinueWith(
            done =>
            {
                slot?.Dispose();
                lock (_lock)
                {
                    _executions.Remove(done);
                }

                if (done.IsFaulted)
                {
                    using var trace = AlgorithmActivitySource.Within(delivery.Message);
                    Log.ExecutionFailed(_logger, done.Exception.GetBaseException(), delivery.Message.TaskId);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            System.Threading.Tasks.TaskScheduler.Default);
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
                        using var trace = AlgorithmActivitySource.Within(slot.Item.Message);
                        Log.Demoted(_logger, slot.Item.Message.TaskId, slot.Lane, seconds);
                    }
                }
            }

            // What was demoted may have been made good.
            Start_NeedsLock();
        }
    }

    private void Release(RunningSlot<Delivery> slot)
    {
        _tasks.Leave();
        lock (_lock)
        {
            _running.Remove(slot);
            _queue.Release(slot, Now);
            Start_NeedsLock();
        }
    }

    /// <summary>The right to run; given back once, as soon as the native code is done.</summary>
    private sealed class Slot(DeliveryScheduler owner, RunningSlot<Delivery> running) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                owner.Release(running);
            }
        }
    }
}
