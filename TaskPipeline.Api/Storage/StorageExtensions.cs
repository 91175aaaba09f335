using StackExchange.Redis;
using TaskPipeline.Api.State;

namespace TaskPipeline.Api.Storage;

/// <summary>Adds the store of tasks.</summary>
public static class StorageExtensions
{
    /// <summary>The name of the connection to Redis.</summary>
    public const string ConnectionName = "redis";

    /// <summary>How long Redis may take for an answer. It is only looked at with each beat of the client's heart: the two together stay below the second within which clients are told.</summary>
    internal static TimeSpan AnswerLimit { get; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Adds <see cref="ITaskStore"/> and <see cref="IWorkerRegistry"/> on Redis.</summary>
    public static IHostApplicationBuilder AddTaskStorage(this IHostApplicationBuilder builder)
    {
        builder.AddRedisClient(ConnectionName, configureOptions: ConfigureForOutages);
        builder.AddCheckedOptions<LifecycleOptions>(LifecycleOptions.SectionName);
        builder.AddCheckedOptions<TaskStoreOptions>(TaskStoreOptions.SectionName);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<RedisClock>();
        builder.Services.AddSingleton<TaskShards>();
        builder.Services.AddSingleton<ShardLayout>();
        builder.Services.AddSingleton<RedisGate>();
        builder.Services.AddHostedService<ShardLayoutGuard>();
        builder.Services.AddSingleton<RedisMemory>();
        builder.Services.AddSingleton<ITaskStore, RedisTaskStore>();
        builder.Services.AddSingleton<IWorkerRegistry, RedisWorkerRegistry>();
        builder.Services.AddSingleton<ILaneStore, RedisLaneStore>();
        return builder;
    }

    /// <summary>A client of the API learns within a second that Redis is away, instead of waiting for a backlog that may never be sent.</summary>
    internal static void ConfigureForOutages(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = (int)AnswerLimit.TotalMilliseconds;
        options.SyncTimeout = (int)AnswerLimit.TotalMilliseconds;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(200);
        options.ConnectTimeout = 2_000;
        options.ReconnectRetryPolicy = new LinearRetry(500);
    }
}
