using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>Tells, on every replica, when a task changed. Thread safe.</summary>
public interface ITaskEvents
{
    /// <summary>
    /// Subscribes to the changes of one task. Complete on return: a change stored after it is told. Changes may be told
    /// together: a reader reads the task anew. Dispose to end it.
    /// </summary>
    Task<ITaskSubscription> SubscribeAsync(TaskId id, CancellationToken cancellationToken);
}

/// <summary>A subscription to the changes of one task. For one reader at a time.</summary>
public interface ITaskSubscription : IAsyncDisposable
{
    /// <summary>Returns when the task may have changed since the last return (also when the connection to the store was renewed).</summary>
    Task WaitAsync(CancellationToken cancellationToken);
}
