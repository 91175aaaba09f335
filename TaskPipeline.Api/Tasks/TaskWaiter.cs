using TaskPipeline.Api.Events;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>Waits for a task to end, without asking Redis over and over.</summary>
internal sealed class TaskWaiter(ITaskStore store, ITaskEvents events, TimeProvider time)
{
    /// <summary>Returns the task when it has ended or the limit is over, whichever is first; null when there is no such task.</summary>
    public async Task<StoredTask?> WaitAsync(TaskId id, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (limit == TimeSpan.Zero)
        {
            return await store.GetAsync(id, cancellationToken);
        }

        using var over = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);

        // Subscribed before the first look, so that no change falls between the two.
        await using var subscription = await events.SubscribeAsync(id, cancellationToken);
        while (true)
        {
            var task = await store.GetAsync(id, cancellationToken);
            if (task is null || task.Record.IsTerminal)
            {
                return task;
            }

            try
            {
                await subscription.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return task;
            }
        }
    }
}
