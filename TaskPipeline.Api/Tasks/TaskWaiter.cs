using TaskPipeline.Api.Events;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>Waits for a task to end, from the same source as the streams of events.</summary>
internal sealed class TaskWaiter(ITaskStore store, ITaskFeeds feeds, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>
    /// Returns the task when it has ended, the limit is over or the process is told to stop, whichever is first; null when there
    /// is no such task.
    /// </summary>
    public async Task<StoredTask?> WaitAsync(TaskId id, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var task = await store.GetAsync(id, cancellationToken);
        if (task is null || task.Record.IsTerminal || limit == TimeSpan.Zero)
        {
            return task;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        await using var reader = await feeds.OpenAsync(id, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        while (!reader.IsOver && !either.IsCancellationRequested && limit - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            await reader.NextAsync(left, either.Token);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return reader.Current.Task;
    }
}
