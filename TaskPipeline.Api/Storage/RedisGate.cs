using StackExchange.Redis;

namespace TaskPipeline.Api.Storage;

/// <summary>The one way to Redis: turns the client's ways to say "not reachable now" into <see cref="StoreUnavailableException"/>.</summary>
internal sealed class RedisGate(IConnectionMultiplexer connection)
{
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(connection.GetDatabase()).WaitAsync(cancellationToken);
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

    /// <summary>A server that starts, stops, has no memory or is a replica is away for us; any other error of the server is a bug of ours.</summary>
    private static bool IsOutage(RedisException exception) => exception is not RedisServerException server
        || server.Message.StartsWith("LOADING", StringComparison.Ordinal)
        || server.Message.StartsWith("READONLY", StringComparison.Ordinal)
        || server.Message.StartsWith("OOM", StringComparison.Ordinal)
        || server.Message.StartsWith("MISCONF", StringComparison.Ordinal)
        || server.Message.StartsWith("BUSY", StringComparison.Ordinal)
        || server.Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal);
}
