using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Storage;

/// <content>What is done to many tasks at once: one script for each shard that has some of them.</content>
internal sealed partial class RedisTaskStore
{
    public Task ConfirmPublishedAsync(IReadOnlyList<TaskRecord> records, CancellationToken cancellationToken)
    {
        // Whatever this replica wrote of a task since then has noted the confirm as well, or has made another dispatch the newest.
        TaskRecord[] open = [.. records.Where(record => _recent.Find(record.Id) is not { } newest || newest.Record.Version <= record.Version)];
        return Task.WhenAll(shards.Split(open, record => record.Id).Select(part => ConfirmAsync(part, open, cancellationToken)));
    }

    public async Task<IReadOnlyList<AttemptVerdict>> RenewAsync(IReadOnlyList<RunningAttempt> attempts, CancellationToken cancellationToken)
    {
        if (attempts.Count == 0)
        {
            return [];
        }

        var parts = shards.Split(attempts, attempt => attempt.TaskId);
        var answers = await redis.TryAllAsync(parts, (db, part) => RenewAsync(db, part, attempts), cancellationToken);

        // Of an attempt whose shard cannot be reached nothing is known; the next heartbeat asks again.
        var verdicts = new AttemptVerdict[attempts.Count];
        for (var n = 0; n < parts.Count; n++)
        {
            for (var m = 0; m < parts[n].Positions.Count; m++)
            {
                verdicts[parts[n].Positions[m]] = answers[n] is { } answer ? ToVerdict((int)answer[m]) : new AttemptVerdict(VerdictKind.Retry, Cancel: false);
            }
        }

        return verdicts;
    }

    private Task<RedisResult> ConfirmAsync(ShardPart part, IReadOnlyList<TaskRecord> records, CancellationToken cancellationToken)
    {
        var (shard, positions) = part;
        var keys = new RedisKey[positions.Count + 2];
        var values = new RedisValue[positions.Count * 3];
        (keys[0], keys[1]) = (shard.Timers, shard.Unpublished);
        for (var n = 0; n < positions.Count; n++)
        {
            var record = records[positions[n]];
            keys[n + 2] = shard.Task(record.Id);
            values[3 * n] = record.Id.ToString();
            values[(3 * n) + 1] = record.Dispatch;
            values[(3 * n) + 2] = RedisClock.ToMicroseconds(TaskStateMachine.StartDeadline(record, _lifecycle));
        }

        return EvaluateOneAsync(RedisTaskScripts.Confirm, keys, values, cancellationToken);
    }

    private Task<RedisResult> RenewAsync(IDatabase db, ShardPart part, IReadOnlyList<RunningAttempt> attempts)
    {
        var (shard, positions) = part;
        var keys = new RedisKey[positions.Count + 1];
        var values = new RedisValue[(positions.Count * 2) + 1];
        (keys[0], values[0]) = (shard.Timers, (long)_lifecycle.Lease.TotalMicroseconds);
        for (var n = 0; n < positions.Count; n++)
        {
            var attempt = attempts[positions[n]];
            keys[n + 1] = shard.Task(attempt.TaskId);
            values[(2 * n) + 1] = attempt.TaskId.ToString();
            values[(2 * n) + 2] = ClaimToken(attempt.Attempt, attempt.ClaimId);
        }

        return db.ScriptEvaluateAsync(RedisTaskScripts.Renew, keys, values);
    }

    private static AttemptVerdict ToVerdict(int code) => code switch
    {
        0 => new AttemptVerdict(VerdictKind.Stale, Cancel: false),
        3 => new AttemptVerdict(VerdictKind.Unknown, Cancel: false),
        var stored => new AttemptVerdict(VerdictKind.Stored, Cancel: stored == 2),
    };
}
