using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

// The contract of the store, in one shard on one server: what an installation is unless it says otherwise.

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardStoreTests(RedisServer redis) : TaskStoreTests(StoreSite.On(redis));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardTimersTests(RedisServer redis) : TaskStoreTimersTests(StoreSite.On(redis));

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardListTests(RedisServer redis) : TaskStoreListTests(StoreSite.On(redis), most: 100_000);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardRaceTests(RedisServer redis) : TaskStoreRaceTests(StoreSite.On(redis), batches: 100);

/// <inheritdoc/>
[Collection(RedisCollection.Name)]
public sealed class OneShardRoundTests(RedisServer redis) : TaskRoundTests(StoreSite.On(redis));
