using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>The tests that share one Redis and never stop it; each takes an empty database of its own.</summary>
[CollectionDefinition(Name)]
public sealed class RedisCollection : ICollectionFixture<RedisServer>
{
    public const string Name = "Redis";
}

/// <summary>The tests that share one Redis Cluster and never stop it; each empties it first.</summary>
[CollectionDefinition(Name)]
public sealed class RedisClusterCollection : ICollectionFixture<RedisClusterServer>
{
    public const string Name = "Redis Cluster";
}
