using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <content>Timers: when a live task must be looked at next.</content>
internal sealed partial class RedisTaskStore
{
    /// <summary>How long a taken timer is its taker's; another replica serves it when that one died.</summary>
    private static readonly TimeSpan s_hold = TimeSpan.FromSeconds(5);

    public async Task<DueTimers> TakeDueAsync(int limit, CancellationToken cancellationToken)
    {
        var most = shards.PartOf(limit);
        var answers = await redis.TryAllAsync(
            shards.All,
            (db, shard) => db.ScriptEvaluateAsync(
                RedisTaskScripts.TakeDue,
                [shard.Timers, shard.TimersServed],
                [shard.TaskPrefix, most, (long)s_hold.TotalMicroseconds, (long)_lifecycle.Lease.TotalMicroseconds]),
            cancellationToken);
        var due = new List<DueTimer>();
        var more = false;
        foreach (var answer in answers.OfType<RedisResult>())
        {
            var now = (long)answer[0];
            clock.Set(now);
            var ticket = now + (long)s_hold.TotalMicroseconds;
            for (var n = 1; n < answer.Length; n += 2)
            {
                due.Add(new DueTimer(Deserialize((RedisValue)answer[n]), Published: ((RedisValue)answer[n + 1]).IsNullOrEmpty, ticket));
            }

            more |= answer.Length / 2 >= most;
        }

        return new DueTimers(due, more);
    }

    public async Task<int> RepublishAsync(LaneQueue queue, TimeSpan spread, TimeSpan age, CancellationToken cancellationToken)
    {
        const int PageSize = 500;
        var republished = 0;
        foreach (var shard in shards.All.Where(shard => queue.MayCarry(shard.Number, shards.Count)))
        {
            // What was queued a moment ago is nobody's loss, and what stands in other lanes is not looked at: however many wait there, a lane without tasks costs nothing.
            var last = RedisClock.ToMicroseconds(clock.Now - age);
            SortedSetEntry[] page;
            for (var from = double.NegativeInfinity; ; from = page[^1].Score)
            {
                // No two tasks are queued in the same microsecond: those of one script have one each, and it takes longer than they are many.
                page = await redis.RunAsync(
                    db => db.SortedSetRangeByScoreWithScoresAsync(shard.LaneQueue(queue.Lane), from, last, Exclude.Start, take: PageSize), cancellationToken);
                republished += await RepublishAsync(shard, page, queue, spread, age, cancellationToken);
                if (page.Length < PageSize)
                {
                    break;
                }
            }
        }

        return republished;
    }

    private async Task<int> RepublishAsync(
        ShardKeys shard, SortedSetEntry[] page, LaneQueue queue, TimeSpan spread, TimeSpan age, CancellationToken cancellationToken)
    {
        var stored = await redis.RunAsync(db => Task.WhenAll(page.Select(entry => db.HashGetAsync(shard.TaskPrefix + entry.Element, "r"))), cancellationToken);
        var lost = stored.Where(value => !value.IsNull).Select(Deserialize).Where(record =>
            queue.Carries(record.Lane, record.Id) && record is { State: TaskState.Pending, Dispatch: > 0, NextAttemptAt: null }
            && clock.Now - record.CreatedAt >= age * Math.Pow(2, Math.Min(record.Dispatch, 20)));
        var answers = await Task.WhenAll(lost.Select(record => UnconfirmAsync(record, spread, cancellationToken)));
        return answers.Count(done => done);
    }

    private async Task<bool> UnconfirmAsync(TaskRecord record, TimeSpan spread, CancellationToken cancellationToken)
    {
        // Spread evenly, so that a million lost messages do not come back in one second.
        var shard = shards.Of(record.Id);
        var timer = clock.Now + (spread * Random.Shared.NextDouble());
        var answer = await EvaluateOneAsync(
            RedisTaskScripts.Unconfirm,
            [shard.Task(record.Id), shard.Timers, shard.Unpublished],
            [record.Id.ToString(), record.Version, record.Dispatch, RedisClock.ToMicroseconds(timer)],
            cancellationToken);
        return (int)answer == 1;
    }

    private async Task MoveTimerAsync(TaskId id, DateTimeOffset timer, TaskTrigger trigger, CancellationToken cancellationToken) =>
        await EvaluateOneAsync(
            RedisTaskScripts.MoveTimer,
            [shards.Of(id).Timers],
            [id.ToString(), RedisClock.ToMicroseconds(timer), trigger is TaskTrigger.TimerDue due ? due.Ticket : ""],
            cancellationToken);
}
