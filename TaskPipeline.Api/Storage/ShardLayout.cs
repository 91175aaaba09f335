using StackExchange.Redis;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// Holds what Redis was written with against the number of shards of this replica: with another number tasks would not be found. Looked at
/// before anything else is asked of Redis, and again after each reconnect, which may have led to other or to empty data. Thread safe.
/// </summary>
internal sealed class ShardLayout
{
    /// <summary>
    /// Keys: recorded number, ids of shard 0. Arguments: the number of this replica. Answers the recorded number, which is that of the first
    /// replica that asks; 0 when none is recorded and shard 0 holds tasks of other shards, as a store with fewer of them does.
    /// </summary>
    private const string Script = """
        local recorded = redis.call('GET', KEYS[1])
        if recorded then return tonumber(recorded) end
        for _, id in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, 63)) do
          if tonumber(string.sub(id, -2), 16) % ARGV[1] ~= 0 then return 0 end
        end
        redis.call('SET', KEYS[1], ARGV[1])
        return tonumber(ARGV[1])
        """;

    private readonly TaskShards _shards;
    private readonly TaskCompletionSource<string> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isChecked;

    public ShardLayout(IConnectionMultiplexer connection, TaskShards shards)
    {
        _shards = shards;
        connection.ConnectionRestored += (_, _) => _isChecked = false;
    }

    /// <summary>Whether the layout is known to be right.</summary>
    public bool IsChecked => _isChecked;

    /// <summary>Completes with what to do about it when the layout is wrong.</summary>
    public Task<string> Refused => _refused.Task;

    /// <summary>Checks the layout, or records it where nothing is.</summary>
    /// <exception cref="StoreUnavailableException">It is wrong: nothing may be asked.</exception>
    public async Task CheckAsync(IDatabase redis)
    {
        var recorded = (int)await redis.ScriptEvaluateAsync(Script, [FleetKeys.Shards, _shards.All[0].All], [_shards.Count]);
        if (recorded == _shards.Count)
        {
            _isChecked = true;
            return;
        }

        var problem = recorded == 0
            ? $"Redis holds tasks of fewer than {_shards.Count} shards: Storage:Shards must be what they were written with, or Redis empty"
            : $"Redis holds tasks of {recorded} shards, not of {_shards.Count}: Storage:Shards must be {recorded}, or Redis empty";
        _refused.TrySetResult(problem);
        throw new StoreUnavailableException(problem);
    }
}
