using Microsoft.Extensions.Options;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>Adds to pending tasks where they stand and when that lets them start. Thread safe.</summary>
internal sealed class QueueEstimator(ILaneStore store, LaneBoard board, RedisClock clock, IOptions<LaneOptions> options)
{
    /// <summary>Estimates for those of the tasks that are pending; one question to the store for all of them, none if none is.</summary>
    public async Task<IReadOnlyList<StoredTask>> EstimateAsync(IReadOnlyList<StoredTask> tasks, CancellationToken cancellationToken)
    {
        var pending = tasks.Where(task => task.Record.State == TaskState.Pending).ToArray();
        if (pending.Length == 0)
        {
            return tasks;
        }

        var places = await store.GetPlacesAsync([.. pending.Select(task => (task.Record.Id, task.Record.Lane))], cancellationToken);
        var estimates = pending.Zip(places).ToDictionary(pair => pair.First.Record.Id, pair => Estimate(pair.First.Record, pair.Second));
        return [.. tasks.Select(task => estimates.TryGetValue(task.Record.Id, out var estimate) ? task with { Queue = estimate } : task)];
    }

    /// <summary>The same for one task.</summary>
    public async Task<StoredTask> EstimateAsync(StoredTask task, CancellationToken cancellationToken) =>
        task.Record.State == TaskState.Pending ? (await EstimateAsync([task], cancellationToken))[0] : task;

    /// <summary>A task that was written a moment ago: it stands where it was put, and nothing needs to be asked.</summary>
    public StoredTask Created(SubmitResult.Created created, ReadOnlyMemory<byte> input)
    {
        var isQueued = created.Publish || created.Record.Submission.NotBefore is null;
        return new StoredTask(created.Record, input, Result: null, Output: null) { Queue = Estimate(created.Record, isQueued ? created.Ahead + 1 : null) };
    }

    /// <summary>
    /// The estimate for a place in the line, 1 for the next. A task that does not stand there yet, because it is not due or waits for another attempt, is told when it
    /// would start if it came to the end of the line as it is now, once it is due.
    /// </summary>
    private QueueEstimate Estimate(TaskRecord record, long? place)
    {
        var now = clock.Now;
        var due = record.NextAttemptAt ?? record.Submission.NotBefore;
        var from = place is null && due > now ? due.Value : now;
        return new QueueEstimate(
            place,
            board.Forecast.Told(record.Lane, place - 1 ?? board.Depth(record.Lane)) is { } seconds ? from.AddTicks((long)(seconds * TimeSpan.TicksPerMillisecond) * 1000) : null,
            options.Value.Quantile);
    }
}
