using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

// The contract of the store, in four shards on a Redis Cluster of three servers, which refuses what touches the keys of two of them.

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterStoreTests(RedisClusterServer cluster) : TaskStoreTests(StoreSite.On(cluster));

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterTimersTests(RedisClusterServer cluster) : TaskStoreTimersTests(StoreSite.On(cluster));

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterListTests(RedisClusterServer cluster) : TaskStoreListTests(StoreSite.On(cluster), most: 5_000);

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterRaceTests(RedisClusterServer cluster) : TaskStoreRaceTests(StoreSite.On(cluster), batches: 10);

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterTogetherTests(RedisClusterServer cluster) : ShardsTests(StoreSite.On(cluster));

/// <inheritdoc/>
[Collection(RedisClusterCollection.Name)]
public sealed class ClusterRoundTests(RedisClusterServer cluster) : TaskRoundTests(StoreSite.On(cluster));
