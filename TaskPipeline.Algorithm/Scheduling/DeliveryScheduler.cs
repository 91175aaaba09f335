using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>Starts deliveries as slots allow, and ends in two phases: nothing new, then a grace for what runs. Thread safe.</summary>
internal sealed class DeliveryScheduler(
    TaskExecutor executor, AlgorithmCatalogue catalogue, RunningTasks running, TimeProvider time, IOptions<WorkerOptions> options, ILogger<DeliveryScheduler> logger)
{
    private readonly WorkerOptions _options = options.Value;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly SlotQueue<Delivery> _queue = new(options.Value.Slots);

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly HashSet<Task> _executions = [];
    private bool _draining;

    /// <summary>Takes a delivery over. It is left unacknowledged when the worker drains: the broker gives it to another.</summary>
    public void Offer(Delivery delivery)
    {
        var algorithm = delivery.Message.Submission.Algorithm;
        var maxConcurrent = catalogue.Entries.GetValueOrDefault(algorithm)?.MaxConcurrent ?? 0;
        lock (_lock)
        {
            _queue.Add(delivery.Message.Lane, delivery, algorithm, maxConcurrent);
            Start_NeedsLock();
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
        Log.Draining(logger, executions.Length);
        try
        {
            await all.WaitAsync(_options.DrainGrace, time);
        }
        catch (TimeoutException)
        {
            running.AbandonAll();
            await all;
        }
    }

    private void Start_NeedsLock()
    {
        while (!_draining && _queue.TryStart(out var delivery, out var algorithm))
        {
            running.Enter();
            var slot = new Slot(this, algorithm);
            var execution = Task.Run(() => executor.ExecuteAsync(delivery, slot));
            _executions.Add(execution);
            execution.ContinueWith(
                done =>
                {
                    slot.Dispose();
                    lock (_lock)
                    {
                        _executions.Remove(done);
                    }

                    if (done.IsFaulted)
                    {
                        Log.ExecutionFailed(logger, done.Exception.GetBaseException(), delivery.Message.TaskId);
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                System.Threading.Tasks.TaskScheduler.Default);
        }
    }

    private void Release(string algorithm)
    {
        running.Leave();
        lock (_lock)
        {
            _queue.Release(algorithm);
            Start_NeedsLock();
        }
    }

    /// <summary>The right to run; given back once, as soon as the native code is done.</summary>
    private sealed class Slot(DeliveryScheduler owner, string algorithm) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                owner.Release(algorithm);
            }
        }
    }
}
