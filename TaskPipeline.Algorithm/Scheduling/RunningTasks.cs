using System.Collections.Concurrent;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>The tasks that this worker holds, by id. Thread safe.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<TaskId, RunningTask> _tasks = new();
    private int _busy;

    /// <summary>How many slots are in use.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Registers a task, before it is claimed: a cancel that arrives from now on is remembered. Null when it is held already.</summary>
    public RunningTask? Register(TaskMessage message)
    {
        var task = new RunningTask(message);
        return _tasks.TryAdd(message.TaskId, task) ? task : null;
    }

    public void Remove(RunningTask task) => _tasks.TryRemove(new KeyValuePair<TaskId, RunningTask>(task.Message.TaskId, task));

    /// <summary>Those with a granted attempt.</summary>
    public IReadOnlyList<RunningTask> Held() => [.. _tasks.Values.Where(task => task.Attempt > 0)];

    /// <summary>Cancels a task if it is here.</summary>
    public void Cancel(TaskId id)
    {
        if (_tasks.TryGetValue(id, out var task))
        {
            task.Stop(StopReason.Cancelled);
        }
    }

    /// <summary>Makes every task give up its attempt.</summary>
    public void AbandonAll()
    {
        foreach (var task in _tasks.Values)
        {
            task.Stop(StopReason.Abandoned);
        }
    }

    public void Enter() => Interlocked.Increment(ref _busy);

    public void Leave() => Interlocked.Decrement(ref _busy);
}
