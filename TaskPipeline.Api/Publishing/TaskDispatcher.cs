using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Publishing;

/// <summary>Publishes the newest dispatch of a task and notes the broker's confirm.</summary>
internal sealed class TaskDispatcher(ITaskStore store, ITaskQueue queue, ConfirmedDispatches confirmed, RedisClock clock, ILogger<TaskDispatcher> logger)
{
    /// <summary>
    /// Publishes. Never throws for a broker or a store that is away, and not when <paramref name="cancellationToken"/> ends the
    /// wait for the confirm: the task's timer publishes again what was not noted as confirmed.
    /// </summary>
    public async Task DispatchAsync(TaskRecord record, CancellationToken cancellationToken)
    {
        using var activity = ApiActivitySource.StartDispatch(record);
        try
        {
            // Taken before the look at the task: a message must not seem younger than the end of its task, or a worker could bring
            // a task back whose retention is over.
            var now = clock.Now;
            if (await store.GetAsync(record.Id, cancellationToken) is { } task
                && task.Record.State == TaskState.Pending && task.Record.Dispatch == record.Dispatch)
            {
                await PublishAsync(record, task.Input, now, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is StoreUnavailableException or OperationCanceledException)
        {
            Log.DispatchUnconfirmed(logger, record.Id, record.Dispatch, exception.Message);
        }
    }

    /// <summary>The same for a task that was written a moment ago: nothing of it has to be read.</summary>
    public async Task DispatchNewAsync(TaskRecord record, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using var activity = ApiActivitySource.StartDispatch(record);
        try
        {
            await PublishAsync(record, input, record.CreatedAt, cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            Log.DispatchUnconfirmed(logger, record.Id, record.Dispatch, exception.Message);
        }
    }

    private async Task PublishAsync(TaskRecord record, ReadOnlyMemory<byte> input, DateTimeOffset decidedAt, CancellationToken cancellationToken)
    {
        if (await queue.PublishAsync(ToMessage(record, input, decidedAt), cancellationToken))
        {
            CrashPoint.Reach(CrashPoints.DispatchPublished);
            confirmed.Note(record);
        }
    }

    private static TaskMessage ToMessage(TaskRecord record, ReadOnlyMemory<byte> input, DateTimeOffset now) => new()
    {
        Schema = TaskMessage.CurrentSchema,
        TaskId = record.Id,
        Dispatch = record.Dispatch,
        Attempt = record.Attempt,
        Lane = record.Lane,
        CreatedAt = record.CreatedAt,
        PublishedAt = now,
        Submission = record.Submission,
        TraceParent = record.TraceParent,
        RunClass = record.RunClass,
        Input = input,
    };
}
