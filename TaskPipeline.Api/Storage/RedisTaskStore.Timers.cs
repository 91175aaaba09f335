using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <content>Timers: when a live task must be looked at next.</content>
internal sealed partial class RedisTaskStore
{
    /// <summary>How long a taken timer is its taker's; another replica serves it when that one died.</summary>
    private static readonly TimeSpan s_hold = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<DueTimer>> TakeDueAsync(int limit, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await EvaluateOneAsync(
            RedisTaskScripts.TakeDue,
            [RedisTaskKeys.Timers, RedisTaskKeys.TimersServed],
            [RedisTaskKeys.Prefix + "task:", limit, (long)s_hold.TotalMicroseconds, (long)_lifecycle.Lease.TotalMicroseconds],
            cancellationToken))!;
        var now = (long)answer[0];
        clock.Set(now);

        var ticket = now + (long)s_hold.TotalMicroseconds;
        var due = new List<DueTimer>(answer.Length / 2);
        for (var n = 1; n < answer.Length; n += 2)
        {
            due.Add(new DueTimer(Deserialize((RedisValue)answer[n]), Published: ((RedisValue)answer[n + 1]).IsNullOrEmpty, ticket));
        }

        return due;
    }

    public async Task<int> RepublishLaneAsync(Lane lane, TimeSpan spread, TimeSpan age, CancellationToken cancellationToken)
    {
        const int PageSize = 500;
        var filter = new TaskFilter(TaskState.Pending, Algorithm: null);
        var republished = 0;
        TaskId? before = null;
        while (true)
        {
            var page = await ListAsync(filter, before, PageSize, cancellationToken);
            var lost = page.Items.Select(task => task.Record).Where(record =>
                record.Lane == lane && record.Dispatch > 0 && record.NextAttemptAt is null
                && clock.Now - record.CreatedAt >= age * Math.Pow(2, Math.Min(record.Dispatch, 20)));
            var answers = await Task.WhenAll(lost.Select(record => UnconfirmAsync(record, spread, cancellationToken)));
            republished += answers.Count(done => done);

            if (page.Next is not { } next)
            {
                return republished;
            }

            before = next;
        }
    }

    private async Task<bool> UnconfirmAsync(TaskRecord record, TimeSpan spread, CancellationToken cancellationToken)
    {
        // Spread evenly, so that a million lost messages do not come back in one second.
        var timer = clock.Now + (spread * Random.Shared.NextDouble());
        var answer = await EvaluateOneAsync(
            RedisTaskScripts.Unconfirm,
            [RedisTaskKeys.Task(record.Id), RedisTaskKeys.Timers, RedisTaskKeys.Unpublished],
            [record.Id.ToString(), record.Version, record.Dispatch, RedisClock.ToMicroseconds(timer)],
            cancellationToken);
        return (int)answer == 1;
    }

    private async Task MoveTimerAsync(TaskId id, DateTimeOffset timer, TaskTrigger trigger, CancellationToken cancellationToken) =>
        await EvaluateOneAsync(
            RedisTaskScripts.MoveTimer,
            [RedisTaskKeys.Timers],
            [id.ToString(), RedisClock.ToMicroseconds(timer), trigger is TaskTrigger.TimerDue due ? due.Ticket : ""],
            cancellationToken);
}
