using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

// The contract of the store, in four shards on one server.

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardStoreTests(RedisServer redis) : TaskStoreTests(StoreSite.On(redis, shards: 4));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardTimersTests(RedisServer redis) : TaskStoreTimersTests(StoreSite.On(redis, shards: 4));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardListTests(RedisServer redis) : TaskStoreListTests(StoreSite.On(redis, shards: 4), most: 5_000);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardRaceTests(RedisServer redis) : TaskStoreRaceTests(StoreSite.On(redis, shards: 4), batches: 10);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardTogetherTests(RedisServer redis) : ShardsTests(StoreSite.On(redis, shards: 4));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardRoundTests(RedisServer redis) : TaskRoundTests(StoreSite.On(redis, shards: 4));
