using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// Reads and writes of records that are asked for together, one script of each kind for each shard. Collects until it is sent; what the
/// answers lead to is sent when all of them are here. A shard that does not answer holds up its own tasks alone. Thread safe.
/// </summary>
/// <param name="shards">The shards.</param>
/// <param name="scripts">Runs the scripts.</param>
internal sealed class RecordRound(TaskShards shards, ScriptRunner scripts)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ScriptQueue> _parts = [];
    private bool _isSent;

    /// <summary>Reads the record of a task; null when there is no such task.</summary>
    /// <exception cref="StoreUnavailableException">Its shard cannot be reached.</exception>
    public Task<StampedRecord?> ReadAsync(TaskId id) => PartOf(id).ReadAsync(id);

    /// <summary>Writes a change: what <see cref="RedisTaskScripts.Apply"/> is given for the task.</summary>
    /// <exception cref="StoreUnavailableException">Its shard cannot be reached.</exception>
    public Task<WriteAnswer> WriteAsync(TaskId id, RedisValue[] change) => PartOf(id).WriteAsync(change);

    /// <summary>Sends what was asked for. What is asked for afterwards is sent as soon as nothing is under way.</summary>
    public void Send()
    {
        ScriptQueue[] parts;
        lock (_lock)
        {
            _isSent = true;
            parts = [.. _parts.Values];
        }

        foreach (var part in parts)
        {
            part.Send();
        }
    }

    private ScriptQueue PartOf(TaskId id)
    {
        var shard = shards.Of(id);
        lock (_lock)
        {
            if (!_parts.TryGetValue(shard.Number, out var part))
            {
                _parts[shard.Number] = part = new ScriptQueue(shard, scripts, _isSent);
            }

            return part;
        }
    }
}

/// <summary>How the scripts of a queue are run.</summary>
/// <param name="Evaluate">Runs a script. Its answer begins with the time.</param>
/// <param name="CommonOfChanges">What <see cref="RedisTaskScripts.Apply"/> is given for all tasks of a shard alike.</param>
/// <param name="CommonOfSubmissions">The same for <see cref="RedisTaskScripts.Submit"/>.</param>
internal sealed record ScriptRunner(
    Func<string, RedisKey[], RedisValue[], Task<RedisResult[]>> Evaluate, Func<ShardKeys, RedisValue[]> CommonOfChanges, Func<ShardKeys, RedisValue[]> CommonOfSubmissions);

/// <summary>What became of a write.</summary>
/// <param name="Kind">What.</param>
/// <param name="Stored">What is stored instead of what was decided on; null unless refused.</param>
internal readonly record struct WriteAnswer(WriteKind Kind, StampedRecord? Stored);

/// <summary>What may become of a write. The numbers are those of <see cref="RedisTaskScripts.Apply"/>.</summary>
internal enum WriteKind
{
    /// <summary>There is no such task.</summary>
    Unknown = 0,

    /// <summary>It is stored.</summary>
    Written = 1,

    /// <summary>The timer that was taken has moved.</summary>
    Moved = 2,

    /// <summary>It was decided on something that is not stored any more, or by a wrong clock.</summary>
    Refused = 3,
}

/// <summary>What may become of a submission. The numbers are those of <see cref="RedisTaskScripts.Submit"/>.</summary>
internal enum SubmitKind
{
    /// <summary>The clock was off.</summary>
    ClockWasOff = 0,

    /// <summary>It is stored.</summary>
    Written = 1,

    /// <summary>Its key was used before.</summary>
    Existing = 2,

    /// <summary>Too many tasks wait for the broker.</summary>
    Full = 3,

    /// <summary>Too many tasks would start before it.</summary>
    Refused = 4,

    /// <summary>Its client has its share: it is to be submitted again, to be held back.</summary>
    HeldBack = 5,
}
