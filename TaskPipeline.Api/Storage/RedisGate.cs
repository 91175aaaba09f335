using StackExchange.Redis;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The one way to Redis: turns the client's ways to say "not reachable now" into <see cref="StoreUnavailableException"/>, and lets nothing
/// pass before the layout of the data has been checked. Thread safe.
/// </summary>
internal sealed class RedisGate(IConnectionMultiplexer connection, ShardLayout layout)
{
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            var redis = connection.GetDatabase();
            if (!layout.IsChecked)
            {
                await layout.CheckAsync(redis).WaitAsync(cancellationToken);
            }

            return await call(redis).WaitAsync(cancellationToken);
        }
        catch (RedisException exception) when (IsOutage(exception))
        {
            throw new StoreUnavailableException("The task store cannot be reached", exception);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("The task store did not answer in time", exception);
        }
    }

    /// <summary>
    /// Asks shards, or for something of each, in one pipelined round. What a shard that cannot be reached would have answered is null, so
    /// that it does not stop the others.
    /// </summary>
    /// <exception cref="StoreUnavailableException">None of them can be reached.</exception>
    public async Task<T?[]> TryAllAsync<TShard, T>(IReadOnlyList<TShard> shards, Func<IDatabase, TShard, Task<T>> call, CancellationToken cancellationToken)
        where T : class
    {
        var asked = shards.Select(shard => RunAsync(redis => call(redis, shard), cancellationToken)).ToArray();
        try
        {
            return await Task.WhenAll(asked);
        }
        catch (StoreUnavailableException) when (Array.Exists(asked, one => one.IsCompletedSuccessfully))
        {
            var answers = new T?[asked.Length];
            for (var n = 0; n < asked.Length; n++)
            {
                answers[n] = asked[n].IsCompletedSuccessfully ? await asked[n] : null;
            }

            return answers;
        }
    }

    /// <summary>A server that starts, stops, has no memory, is a replica or lacks those that it must have is away for us; any other error of the server is a bug of ours.</summary>
    private static bool IsOutage(RedisException exception) => exception is not RedisServerException server
        || server.Message.StartsWith("LOADING", StringComparison.Ordinal)
        || server.Message.StartsWith("READONLY", StringComparison.Ordinal)
        || server.Message.StartsWith("MASTERDOWN", StringComparison.Ordinal)
        || server.Message.StartsWith("NOREPLICAS", StringComparison.Ordinal)
        || server.Message.StartsWith("OOM", StringComparison.Ordinal)
        || server.Message.StartsWith("MISCONF", StringComparison.Ordinal)
        || server.Message.StartsWith("BUSY", StringComparison.Ordinal)
        || server.Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
        || server.Message.StartsWith("TRYAGAIN", StringComparison.Ordinal);
}
