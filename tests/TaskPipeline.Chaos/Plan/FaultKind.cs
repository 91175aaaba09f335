namespace TaskPipeline.Chaos.Plan;

/// <summary>What is done to the running application.</summary>
internal enum FaultKind
{
    /// <summary>A worker is killed.</summary>
    WorkerKill,

    /// <summary>A worker is frozen for longer than its leases, and thawed.</summary>
    WorkerFreeze,

    /// <summary>A replica of the API is killed.</summary>
    ApiKill,

    /// <summary>Redis is killed.</summary>
    RedisKill,

    /// <summary>RabbitMQ is killed.</summary>
    BrokerKill,

    /// <summary>All connections to RabbitMQ are cut.</summary>
    BrokerCut,

    /// <summary>All connections to Redis are cut, subscriptions included.</summary>
    RedisCut,
}
