using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Where a store of a test lies: on which servers, and in how many shards.</summary>
/// <param name="ConnectionString">What StackExchange.Redis connects to.</param>
/// <param name="Shards">The shards.</param>
/// <param name="HasDatabases">Whether there are several databases; a cluster has one.</param>
public sealed record StoreSite(string ConnectionString, int Shards, bool HasDatabases)
{
    /// <summary>On one server.</summary>
    public static StoreSite On(RedisServer redis, int shards = 1) => new(redis.ConnectionString, shards, HasDatabases: true);

    /// <summary>On a cluster.</summary>
    public static StoreSite On(RedisClusterServer cluster, int shards = 4) => new(cluster.ConnectionString, shards, HasDatabases: false);
}
