using Microsoft.Extensions.Options;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>Adds to pending tasks where they stand and when that lets them start. Thread safe.</summary>
internal sealed class QueueEstimator(ILaneStore store, LaneBoard board, RedisClock clock, IOptions<LaneOptions> options)
{
    /// <summary>Estimates for those of the tasks that wait; one question to the store for all of them, none if none waits.</summary>
    public async Task<IReadOnlyList<StoredTask>> EstimateAsync(IReadOnlyList<StoredTask> tasks, CancellationToken cancellationToken)
    {
        var waiting = tasks.Where(task => Waits(task.Record)).ToArray();
        if (waiting.Length == 0)
        {
            return tasks;
        }

        var places = await store.GetPlacesAsync([.. waiting.Select(task => (task.Record.Id, task.Record.Lane))], cancellationToken);
        var estimates = waiting.Zip(places).ToDictionary(pair => pair.First.Record.Id, pair => pair.Second is { } place ? Estimate(pair.First.Record, place) : null);
        return [.. tasks.Select(task => estimates.TryGetValue(task.Record.Id, out var estimate) ? task with { Queue = estimate } : task)];
    }

    /// <summary>The same for one task.</summary>
    public async Task<StoredTask> EstimateAsync(StoredTask task, CancellationToken cancellationToken) =>
        Waits(task.Record) ? (await EstimateAsync([task], cancellationToken))[0] : task;

    /// <summary>A task that was written a moment ago: it stands where it was put, and nothing needs to be asked.</summary>
    public StoredTask Created(SubmitResult.Created created, ReadOnlyMemory<byte> input)
    {
        var isQueued = created.Publish || created.Record.Submission.NotBefore is null;
        return new StoredTask(created.Record, input, Result: null, Output: null) { Queue = isQueued ? Estimate(created.Record, created.Ahead + 1) : null };
    }

    /// <summary>The estimate for a place in the line, 1 for the next.</summary>
    public QueueEstimate Estimate(TaskRecord record, long place) => new(
        place,
        board.Forecast.Told(record.Lane, place - 1) is { } seconds ? clock.Now.AddTicks((long)(seconds * TimeSpan.TicksPerMillisecond) * 1000) : null,
        options.Value.Quantile);

    /// <summary>Whether it stands in a line: not before its time, and not while it waits for a retry.</summary>
    private static bool Waits(TaskRecord record) => record is { State: TaskState.Pending, NextAttemptAt: null };
}
