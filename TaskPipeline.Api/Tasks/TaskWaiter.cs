using TaskPipeline.Api.Events;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>Waits for a task to end, from the same source as the streams of events.</summary>
internal sealed class TaskWaiter(ITaskStore store, ITaskFeeds feeds, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Returns the task when it has ended, the limit is over or the process is told to stop, whichever is first; null when there
    /// is no such task.
    /// </summary>
    /// <param name="id">The task.</param>
    /// <param name="limit">The longest wait; zero for a look.</param>
    /// <param name="isNew">It was submitted a moment ago: no look is taken at whether it has ended already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public async Task<StoredTask?> WaitAsync(TaskId id, TimeSpan limit, bool isNew, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (limit == TimeSpan.Zero || !isNew)
        {
            var task = await store.GetAsync(id, cancellationToken);
            if (task is null || task.Record.IsTerminal || limit == TimeSpan.Zero)
            {
                return task;
            }
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        while (true)
        {
            try
            {
                await using var reader = await feeds.OpenAsync(id, FeedInterest.End, cancellationToken);
                return reader is null ? null : await FollowAsync(reader, limit - time.GetElapsedTime(started), either.Token, cancellationToken);
            }
            catch (StoreUnavailableException) when (!either.IsCancellationRequested)
            {
                // When Redis comes back, tasks can be read a moment before changes can be subscribed to. Should it be away, this look says so.
                var task = await store.GetAsync(id, cancellationToken);
                if (task is null || task.Record.IsTerminal || time.GetElapsedTime(started) + s_again > limit)
                {
                    return task;
                }
            }

            await Task.Delay(s_again, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<StoredTask?> FollowAsync(ITaskFeedReader reader, TimeSpan limit, CancellationToken either, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!reader.IsOver && !either.IsCancellationRequested && limit - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            await reader.NextAsync(left, either);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return reader.IsOver ? reader.Current.Task : await ReadAgainAsync(reader.Current.Task, cancellationToken);
    }

    /// <summary>The task as it is now: the feed has looked for its end alone. While the store is away, as it was.</summary>
    private async Task<StoredTask?> ReadAgainAsync(StoredTask task, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetAsync(task.Record.Id, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return task;
        }
    }
}
