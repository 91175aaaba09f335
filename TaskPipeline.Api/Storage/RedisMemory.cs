using Microsoft.Extensions.Options;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// What the memory of Redis holds, read at most four times a second: as often as a bound needs, not with each submission. Of several servers
/// each is bounded by its part, so that none is full before the others have room. Thread safe.
/// </summary>
internal sealed class RedisMemory(RedisGate redis, TaskShards shards, TimeProvider time, IOptions<TaskStoreOptions> options)
{
    /// <summary>Keys: any of a shard, for the way to its server. Answers with the server's name for itself and its bytes. As a script, because the client keeps INFO itself for administrators.</summary>
    private const string Script = """
        return {string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), string.match(redis.call('INFO', 'memory'), 'used_memory:(%d+)')}
        """;

    private static readonly TimeSpan s_fresh = TimeSpan.FromMilliseconds(250);

    private readonly long _most = options.Value.MaxLiveBytes;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: the newest round, which all who come while it lasts share.</summary>
    private Task<Reading>? _asked;
    private volatile Reading? _reading;

    /// <summary>Whether the server of a shard holds its part of the bound, as it was up to a quarter of a second ago.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public async ValueTask<bool> IsFullAsync(ShardKeys shard, CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).IsFull[shard.Number] ?? throw new StoreUnavailableException();

    /// <summary>The bytes in use of all servers, as they were up to a quarter of a second ago.</summary>
    /// <exception cref="StoreUnavailableException">One of them cannot be reached.</exception>
    public async ValueTask<long> GetUsedBytesAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).UsedBytes ?? throw new StoreUnavailableException();

    private ValueTask<Reading> ReadAsync(CancellationToken cancellationToken)
    {
        if (_reading is { } reading && time.GetElapsedTime(reading.At) < s_fresh)
        {
            return new ValueTask<Reading>(reading);
        }

        lock (_lock)
        {
            _asked = _asked is { IsCompleted: false } ? _asked : AskAsync();
            return new ValueTask<Reading>(_asked.WaitAsync(cancellationToken));
        }
    }

    private async Task<Reading> AskAsync()
    {
        var answers = await redis.TryAllAsync(shards.All, (db, shard) => db.ScriptEvaluateAsync(Script, [shard.Timers]), CancellationToken.None);
        var servers = answers.Select(answer => answer is null ? null : new ServerUse((string)answer[0]!, (long)answer[1])).ToArray();
        var isFull = servers.Select(server => server is null
            ? (bool?)null
            : server.UsedBytes >= _most / servers.Length * servers.Count(other => other?.Server == server.Server));
        var used = servers.OfType<ServerUse>().DistinctBy(server => server.Server).Sum(server => server.UsedBytes);
        return _reading = new Reading([.. isFull], servers.Contains(null) ? null : used, time.GetTimestamp());
    }

    private sealed record ServerUse(string Server, long UsedBytes);

    /// <param name="IsFull">For each shard whether its server is; null for one that could not be asked.</param>
    /// <param name="UsedBytes">Of all servers; null if one could not be asked.</param>
    /// <param name="At">When.</param>
    private sealed record Reading(bool?[] IsFull, long? UsedBytes, long At);
}
