using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

// The contract of the store, in four shards on one server.

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardStoreTests(RedisServer redis) : TaskStoreContract(StoreSite.On(redis, shards: 4));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardTimersTests(RedisServer redis) : TaskStoreTimersContract(StoreSite.On(redis, shards: 4));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardListTests(RedisServer redis) : TaskStoreListContract(StoreSite.On(redis, shards: 4), most: 5_000);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardRaceTests(RedisServer redis) : TaskStoreRaceContract(StoreSite.On(redis, shards: 4), batches: 10);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class FourShardTogetherTests(RedisServer redis) : ShardsContract(StoreSite.On(redis, shards: 4));
