using System.Collections.Concurrent;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// What this worker holds, by task and dispatch: a newer dispatch of a task that still runs here is another one, with a claim of its
/// own. Thread safe.
/// </summary>
internal sealed class RunningTasks : IDisposable
{
    private readonly ConcurrentDictionary<(TaskId Id, int Dispatch), RunningTask> _tasks = new();
    private readonly CancellationTokenSource _givenUp = new();
    private volatile bool _draining;
    private int _busy;

    /// <summary>How many slots are in use.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Nothing that is granted from now on is started here.</summary>
    public bool IsDraining => _draining;

    /// <summary>Cancelled when the worker must end although reports are not answered: their leases end what they are about.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    /// <summary>Registers a delivery, before it is claimed: a cancel that arrives from now on is remembered. Null when the dispatch is held already, which then owns this delivery too.</summary>
    public async Task<RunningTask?> RegisterAsync(Delivery delivery)
    {
        var task = new RunningTask(delivery);
        while (true)
        {
            var held = _tasks.GetOrAdd(Key(task), task);
            if (held == task)
            {
                return task;
            }

            if (await held.TryAdoptAsync(delivery))
            {
                return null;
            }

            // It is settled and only waits to be removed.
            Remove(held);
        }
    }

    /// <summary>Gives a delivery to the same dispatch, if that is held here; true when it did.</summary>
    public async Task<bool> TryAdoptAsync(Delivery delivery) =>
        _tasks.TryGetValue((delivery.Message.TaskId, delivery.Message.Dispatch), out var held) && await held.TryAdoptAsync(delivery);

    public void Remove(RunningTask task) => _tasks.TryRemove(new KeyValuePair<(TaskId, int), RunningTask>(Key(task), task));

    /// <summary>Those with a granted attempt.</summary>
    public IReadOnlyList<RunningTask> Held() => [.. _tasks.Values.Where(task => task.Attempt > 0)];

    /// <summary>Cancels a task if it is here.</summary>
    public void Cancel(TaskId id)
    {
        foreach (var task in _tasks.Values.Where(task => task.Message.TaskId == id))
        {
            task.Stop(StopReason.Cancelled);
        }
    }

    /// <summary>A grant proves that every earlier attempt of the task is over for the API: those that still run here end at once.</summary>
    public void Overtake(RunningTask granted)
    {
        if (granted.Attempt == 1)
        {
            return;
        }

        foreach (var task in _tasks.Values.Where(task => task.Message.TaskId == granted.Message.TaskId && task.Attempt > 0 && task.Attempt < granted.Attempt))
        {
            task.Obey(VerdictKind.Stale, cancel: false);
        }
    }

    /// <summary>From now on what is granted is given back.</summary>
    public void Drain() => _draining = true;

    /// <summary>Makes every task give up its attempt.</summary>
    public void AbandonAll()
    {
        foreach (var task in _tasks.Values)
        {
            task.Stop(StopReason.Abandoned);
        }
    }

    /// <summary>Ends every report that waits for an answer.</summary>
    public void GiveUp() => _givenUp.Cancel();

    public void Enter() => Interlocked.Increment(ref _busy);

    public void Leave() => Interlocked.Decrement(ref _busy);

    public void Dispose() => _givenUp.Dispose();

    private static (TaskId, int) Key(RunningTask task) => (task.Message.TaskId, task.Message.Dispatch);
}
