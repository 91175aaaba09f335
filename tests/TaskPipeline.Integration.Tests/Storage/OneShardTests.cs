using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

// The contract of the store, in one shard on one server: what an installation is unless it says otherwise.

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardStoreTests(RedisServer redis) : TaskStoreContract(StoreSite.On(redis));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardTimersTests(RedisServer redis) : TaskStoreTimersContract(StoreSite.On(redis));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardListTests(RedisServer redis) : TaskStoreListContract(StoreSite.On(redis), most: 100_000);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardRaceTests(RedisServer redis) : TaskStoreRaceContract(StoreSite.On(redis), batches: 100);
