using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <inheritdoc cref="ITaskStore"/>
internal sealed partial class RedisTaskStore(
    RedisGate redis, TaskShards shards, RedisClock clock, RedisMemory memory, ApiMetrics metrics, IOptions<LifecycleOptions> lifecycle,
    IOptions<TaskStoreOptions> storage) : ITaskStore
{
    /// <summary>Each lost race means that another one was won; so many in a row do not happen to a task.</summary>
    private const int MaxRaces = 100;

    private readonly LifecycleOptions _lifecycle = lifecycle.Value;
    private readonly TaskStoreOptions _storage = storage.Value;
    private readonly RecentRecords _recent = new();

    public async Task<SubmitResult> SubmitAsync(NewTask task, CancellationToken cancellationToken)
    {
        // The entry of the key and the task lie in one shard; that of a task without one is chosen once, however often its writing is repeated.
        var tag = task.Idempotency?.Tag ?? TaskId.NewTag();
        var shard = shards.Of(tag);
        if (await memory.IsFullAsync(shard, cancellationToken))
        {
            return new SubmitResult.Full($"The store holds {_storage.MaxLiveBytes} bytes or more");
        }

        var hold = false;
        for (var race = 0; race < MaxRaces; race++)
        {
            var now = clock.Now;
            var record = NewRecord(task, TaskId.Create(now, tag), now);
            record = hold ? record with { Dispatch = 0 } : record;
            var publish = record.Dispatch > 0;

            // One that is held back is published when its turn comes; should that never be, its deadline ends it.
            var timer = publish ? now + _lifecycle.RepublishAfter
                : hold ? record.Submission.StartBefore
                : Earlier(record.Submission.NotBefore!.Value, record.Submission.StartBefore);

            RedisKey[] keys =
            [
                shard.Task(record.Id), shard.Timers, shard.All,
                shard.Index(record.State, record.Submission.Algorithm), shard.Unpublished,
                shard.LaneQueue(record.Lane), shard.LaneHeld(record.Lane), shard.LaneClients(record.Lane), shard.LaneTimes(record.Lane),
            ];
            if (task.Idempotency is { } key)
            {
                keys = [.. keys, shard.Idempotency(key.KeyHash)];
            }

            // A shard sees its own part of a lane. Tags are random, so that the parts are alike, and what is counted in one is an estimate of the whole.
            RedisValue[] values =
            [
                record.Id.ToString(), Serialize(record), task.Input, RedisClock.ToMicroseconds(timer), publish ? record.Dispatch : "",
                shards.PartOf(_storage.MaxUnpublished), RedisClock.ToMicroseconds(now), task.Idempotency is { } k ? $"{record.Id} {k.BodyHash}" : "",
                shard.TaskPrefix,
                ClientOf(record), task.Place.Cost, shards.PartOf(task.Place.MaxAhead), shards.PartOf(task.Place.HoldFrom), hold ? "1" : "",
            ];
            var answer = await EvaluateAsync(RedisTaskScripts.Submit, keys, values, cancellationToken);
            switch ((string?)answer[0])
            {
                case "ok":
                    _recent.Keep(new StampedRecord(record, "1"));
                    return new SubmitResult.Created(record, publish, (long)answer[2] * shards.Count);
                case "existing":
                    return Existing((string)answer[2]!, task.Idempotency!);
                case "full":
                    return new SubmitResult.Full($"{_storage.MaxUnpublished} tasks wait for the broker");
                case "refused":
                    return new SubmitResult.Refused(record.Lane, (long)answer[2] * shards.Count, (int)answer[3] * shards.Count, (int)answer[4]);
                case "hold":
                    hold = true;
                    continue;
                default:
                    // The clock was off and has been set by the answer: decide again.
                    continue;
            }
        }

        throw new StoreUnavailableException("The clock of Redis does not stand still");
    }

    public async Task<SubmitResult?> FindAsync(IdempotencyKey key, CancellationToken cancellationToken) =>
        (string?)await redis.RunAsync(db => db.StringGetAsync(shards.Of(key.Tag).Idempotency(key.KeyHash)), cancellationToken) is { } entry
            ? Existing(entry, key)
            : null;

    public async Task<StoredTask?> GetAsync(TaskId id, CancellationToken cancellationToken)
    {
        var fields = await redis.RunAsync(
            db => db.HashGetAsync(shards.Of(id).Task(id), ["r", "i", "x", "o"]), cancellationToken);
        return fields[0].IsNull
            ? null
            : ToStored(fields[0], fields[1], fields[2], fields[3]);
    }

    public async Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger, CancellationToken cancellationToken)
    {
        // What this replica wrote last is most likely still so. Only a change may rest on it, because only a change is compared.
        var current = _recent.Find(id);
        var isRead = false;
        for (var race = 0; race < MaxRaces; race++)
        {
            if (current is null)
            {
                current = ToStamped(await EvaluateAsync(RedisTaskScripts.Load, [shards.Of(id).Task(id)], [], cancellationToken));
                isRead = true;
            }

            if (current is null)
            {
                return null;
            }

            var record = current.Record;
            var result = TaskStateMachine.Apply(record, trigger, clock.Now, _lifecycle);
            if (result is not TransitionResult.Applied applied)
            {
                if (!isRead)
                {
                    current = null;
                    continue;
                }

                if (result is TransitionResult.Unchanged { Timer: { } timer })
                {
                    await MoveTimerAsync(id, timer, trigger, cancellationToken);
                }

                return result;
            }

            var stamp = NewStamp(applied.Record);
            var answer = await WriteAsync(current, applied, trigger, stamp, cancellationToken);
            switch ((string?)answer[0])
            {
                case "ok":
                    _recent.Keep(new StampedRecord(applied.Record, stamp));
                    metrics.Changed(record, applied.Record);
                    return applied;
                case "unknown":
                    _recent.Forget(id);
                    return null;
                case "moved":
                    return new TransitionResult.Unchanged(record);
                default:
                    // Another replica was faster, or the clock was off; the answer carries what is true now.
                    current = ToStamped(answer);
                    isRead = true;
                    continue;
            }
        }

        throw new StoreUnavailableException($"Task {id} changes faster than it can be changed");
    }

    public async Task<bool> RebuildAsync(TaskMessage message, RebuiltAttempt? attempt, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        if (now - message.PublishedAt >= _lifecycle.Retention)
        {
            return false;
        }

        var record = RebuiltRecord(message, attempt, now);
        var shard = shards.Of(record.Id);
        var timer = attempt is null ? TaskStateMachine.StartDeadline(record, _lifecycle) : now + _lifecycle.Lease;
        await EvaluateOneAsync(
            RedisTaskScripts.Rebuild,
            [
                shard.Task(record.Id), shard.Timers, shard.All, shard.Index(record.State, record.Submission.Algorithm),
                shard.LaneQueue(record.Lane), shard.LaneClients(record.Lane), shard.LanesRunning,
            ],
            [
                record.Id.ToString(), Serialize(record), message.Input, RedisClock.ToMicroseconds(timer),
                attempt is null ? "" : ClaimToken(attempt.Attempt, attempt.ClaimId), record.Version, ClientOf(record), Topology.LaneName(record.Lane),
            ],
            cancellationToken);
        return true;
    }

    public async Task<StoreUsage> GetUsageAsync(CancellationToken cancellationToken)
    {
        var unpublished = await redis.RunAsync(db => Task.WhenAll(shards.All.Select(shard => db.StringGetAsync(shard.Unpublished))), cancellationToken);
        return new StoreUsage(unpublished.Sum(count => (long)count), await memory.GetUsedBytesAsync(cancellationToken));
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static string ClaimToken(int attempt, string claimId) => string.Create(CultureInfo.InvariantCulture, $"{attempt}/{claimId}");

    private static RedisValue Serialize(TaskRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(record, StorageJsonContext.Default.TaskRecord);

    /// <summary>A record as it is stored.</summary>
    internal static TaskRecord Deserialize(RedisValue value) =>
        JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)value).Span, StorageJsonContext.Default.TaskRecord)!;

    private static StoredTask ToStored(RedisValue record, ReadOnlyMemory<byte> input, RedisValue result, RedisValue output) =>
        new(Deserialize(record), input, result.IsNull ? (ReadOnlyMemory<byte>?)null : (ReadOnlyMemory<byte>)result, output);

    private static SubmitResult Existing(string entry, IdempotencyKey key)
    {
        var space = entry.IndexOf(' ', StringComparison.Ordinal);
        return entry[(space + 1)..] == key.BodyHash && TaskId.TryParse(entry[..space], out var id)
            ? new SubmitResult.Existing(id)
            : new SubmitResult.KeyReused();
    }

    private static TaskRecord NewRecord(NewTask task, TaskId id, DateTimeOffset now)
    {
        var submission = task.Submission(now);
        return new TaskRecord
        {
            Id = id,
            Version = 1,
            State = TaskState.Pending,
            Submission = submission,
            Lane = task.Lane,
            CreatedAt = now,
            Dispatch = submission.NotBefore > now ? 0 : 1,
            TraceParent = task.TraceParent,
            Client = task.Place.Client,
            RunClass = task.RunClass,
            ExpectedWaitSeconds = task.ExpectedWaitSeconds,
            IdempotencyHash = task.Idempotency?.KeyHash,
            ReplyTo = task.ReplyTo,
        };
    }

    private static TaskRecord RebuiltRecord(TaskMessage message, RebuiltAttempt? attempt, DateTimeOffset now) => new()
    {
        Id = message.TaskId,

        // Above every version that the lost record can have had (progress is stored ten times a second), so that neither an ETag
        // nor the id of an event means two things.
        Version = 1_000 + (long)((now - message.CreatedAt).TotalSeconds * 20),
        State = attempt is null ? TaskState.Pending : TaskState.Processing,
        Submission = message.Submission,
        Lane = message.Lane,
        CreatedAt = message.CreatedAt,
        Dispatch = message.Dispatch,
        Attempt = attempt?.Attempt ?? message.Attempt,
        ClaimId = attempt?.ClaimId,
        Worker = attempt?.Worker,
        StartedAt = attempt is null ? null : now,
        Attempts = attempt is null
            ? []
            : [new AttemptRecord { Attempt = attempt.Attempt, Worker = attempt.Worker, ClaimId = attempt.ClaimId, StartedAt = now }],
        TraceParent = message.TraceParent,
        RunClass = message.RunClass,
    };

    /// <summary>Tasks of before clients were told apart, and rebuilt ones, are of nobody.</summary>
    private static string ClientOf(TaskRecord record) => record.Client ?? "";

    /// <summary>From an answer that carries a record; null when there is none.</summary>
    private static StampedRecord? ToStamped(RedisResult[] answer) =>
        answer[2].IsNull ? null : new StampedRecord(Deserialize((RedisValue)answer[3]), (string)answer[2]!);

    /// <summary>
    /// Names one write and no other. The version alone would not: a Redis that lost its last second counts the same numbers again,
    /// with other content.
    /// </summary>
    private static string NewStamp(TaskRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.Version}.{Random.Shared.Next():x}");

    private async Task<RedisResult[]> WriteAsync(
        StampedRecord current, TransitionResult.Applied applied, TaskTrigger trigger, string stamp, CancellationToken cancellationToken)
    {
        var before = current.Record;
        var after = applied.Record;
        var shard = shards.Of(after.Id);
        RedisKey[] keys =
        [
            shard.Task(after.Id), shard.Timers, shard.Index(before.State, after.Submission.Algorithm),
            shard.Index(after.State, after.Submission.Algorithm), shard.Unpublished, shard.Ended,
            shard.LaneQueue(after.Lane), shard.LaneHeld(after.Lane), shard.LaneClients(after.Lane), shard.LanesRunning,
        ];
        if (after.IdempotencyHash is { } hash)
        {
            keys = [.. keys, shard.Idempotency(hash)];
        }

        // The output is that of the newest attempt: a claim begins with none, an end brings its own, also when that is none.
        var report = (trigger as TaskTrigger.Finish)?.Report;
        var output = trigger is TaskTrigger.Claim or TaskTrigger.Finish ? report?.Output ?? "" : null;
        var result = after.State == TaskState.Completed ? report?.Result ?? default : default;
        var reply = after.IsTerminal ? after.ReplyTo?.Split('/') : null;
        var record = Serialize(after);
        var started = (after.State == TaskState.Processing ? 1 : 0) - (before.State == TaskState.Processing ? 1 : 0);
        RedisValue[] values =
        [
            after.Id.ToString(), current.Stamp, RedisClock.ToMicroseconds(clock.Now), record,
            applied.Timer is { } timer ? RedisClock.ToMicroseconds(timer) : "",
            after.ClaimId is { } claim ? ClaimToken(after.Attempt, claim) : "",
            after.CancelRequested ? "1" : "", applied.Publish ? after.Dispatch : "", (long)_lifecycle.Retention.TotalMilliseconds,
            applied.Timer is null ? $"{after.Id} {ShardKeys.IndexName(after.State, after.Submission.Algorithm)}" : "",
            result, output ?? "",
            trigger is TaskTrigger.TimerDue due ? due.Ticket : "", shard.Changes(after.Id), output is null ? "" : "1", stamp,
            ChangeMessage.Head(after, record.Length(), result.Length, output),
            before.State == TaskState.Pending && !applied.Publish ? "1" : "", ClientOf(after), Topology.LaneName(after.Lane), started == 0 ? "" : started,
            shards.PublishCommand, reply is [var replica, _] ? shard.Replies(replica) : "", reply is [_, var number] ? number : "",
        ];
        return await EvaluateAsync(RedisTaskScripts.Apply, keys, values, cancellationToken);
    }

    private Task<RedisResult> EvaluateOneAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken) =>
        redis.RunAsync(db => db.ScriptEvaluateAsync(script, keys, values), cancellationToken);

    /// <summary>Runs a script whose answer begins with a word and the time of Redis, which sets the clock.</summary>
    private async Task<RedisResult[]> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await EvaluateOneAsync(script, keys, values, cancellationToken))!;
        clock.Set((long)answer[1]);
        return answer;
    }
}
