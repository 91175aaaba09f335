using System.Collections.Concurrent;
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
    private readonly ConcurrentDictionary<int, ScriptQueue> _submissions = new();

    public async Task<SubmitResult> SubmitAsync(NewTask task, CancellationToken cancellationToken)
    {
        // The entry of the key and the task lie in one shard; that of a task without one is chosen once, however often its writing is repeated.
        var tag = task.Idempotency?.Tag ?? TaskId.NewTag();
        var shard = shards.Of(tag);
        if (await memory.IsFullAsync(shard, cancellationToken))
        {
            // What was accepted is, whatever has become of the store.
            if (task.Idempotency is { } accepted && await FindAsync(accepted, cancellationToken) is { } known)
            {
                return known;
            }

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

            // A shard sees its own part of a lane. Tags are random, so that the parts are alike, and what is counted in one is an estimate of the whole.
            RedisValue[] submission =
            [
                record.Id.ToString(), Serialize(record), task.Input, RedisClock.ToMicroseconds(timer), publish ? record.Dispatch : "",
                ShardKeys.IndexName(record.State, record.Submission.Algorithm), task.Idempotency?.KeyHash ?? "", task.Idempotency is { } key ? $"{record.Id} {key.BodyHash}" : "",
                Topology.LaneName(record.Lane), ClientOf(record), task.Place.Cost, shards.PartOf(task.Place.MaxAhead), shards.PartOf(task.Place.HoldFrom), hold ? "1" : "",
            ];
            var answer = await SubmissionsOf(shard).SubmitAsync(submission).WaitAsync(cancellationToken);
            switch ((SubmitKind)(int)answer[0])
            {
                case SubmitKind.Written:
                    _recent.Keep(new StampedRecord(record, "1"));
                    return new SubmitResult.Created(record, publish, (long)answer[1] * shards.Count);
                case SubmitKind.Existing:
                    return Existing((string)answer[1]!, task.Idempotency!);
                case SubmitKind.Full:
                    return new SubmitResult.Full($"{_storage.MaxUnpublished} tasks wait for the broker");
                case SubmitKind.Refused:
                    return new SubmitResult.Refused(record.Lane, (long)answer[1] * shards.Count, (int)answer[2] * shards.Count, (int)answer[3]);
                case SubmitKind.HeldBack:
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

    /// <summary>Submissions of all clients to a shard: those that come while a script is under way are written by the next one.</summary>
    private ScriptQueue SubmissionsOf(ShardKeys shard) =>
        _submissions.GetOrAdd(shard.Number, _ => new ScriptQueue(shard, NewRunner(CancellationToken.None), isSent: true));

    private ScriptRunner NewRunner(CancellationToken cancellationToken) => new(
        (script, keys, values) => EvaluateAsync(script, keys, values, cancellationToken),
        shard => [RedisClock.ToMicroseconds(clock.Now), shard.Prefix, shards.PublishCommand, (long)_lifecycle.Retention.TotalMilliseconds],
        shard => [RedisClock.ToMicroseconds(clock.Now), shard.Prefix, shards.PartOf(_storage.MaxUnpublished)]);

    private Task<RedisResult> EvaluateOneAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken) =>
        redis.RunAsync(db => db.ScriptEvaluateAsync(script, keys, values), cancellationToken);

    /// <summary>Runs a script whose answer begins with the time of Redis, which sets the clock.</summary>
    private async Task<RedisResult[]> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await EvaluateOneAsync(script, keys, values, cancellationToken))!;
        clock.Set((long)answer[0]);
        return answer;
    }
}
