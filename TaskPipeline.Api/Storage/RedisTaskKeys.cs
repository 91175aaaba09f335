using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// Every key, once. All carry one hash tag, so that scripts may touch several of them on Redis Cluster too.
/// The end of each key's life stands beside it.
/// </summary>
internal static class RedisTaskKeys
{
    public const string Prefix = "tp:{0}:";

    /// <summary>Sorted set of live tasks by when they must be looked at next, in microseconds. A task leaves it when it ends.</summary>
    public static readonly RedisKey Timers = Prefix + "timers";

    /// <summary>When a replica last served timers. Expires after a day.</summary>
    public static readonly RedisKey TimersServed = Prefix + "timers-served";

    /// <summary>Sorted set of ended tasks by when their retention ends; what is over is trimmed with its list entries.</summary>
    public static readonly RedisKey Ended = Prefix + "ended";

    /// <summary>Ids of all tasks in order. Trimmed with <see cref="Ended"/>.</summary>
    public static readonly RedisKey All = Prefix + "all";

    /// <summary>How many tasks wait for the broker's confirm. Removed when none does.</summary>
    public static readonly RedisKey Unpublished = Prefix + "unpublished";

    /// <summary>Hash of algorithm descriptions by name. Expires 30 days after the last announcement.</summary>
    public static readonly RedisKey Algorithms = Prefix + "algorithms";

    /// <summary>Sorted set of worker ids by when they were heard last. Trimmed at each read; expires with the last worker.</summary>
    public static readonly RedisKey Workers = Prefix + "workers";

    /// <summary>The task itself: a hash. Expires with its retention once it has ended; until then its timer bounds it.</summary>
    public static RedisKey Task(TaskId id) => $"{Prefix}task:{id}";

    /// <summary>Ids of the tasks of one state and algorithm, in order. Trimmed with <see cref="Ended"/>.</summary>
    public static RedisKey Index(TaskState state, string algorithm) => $"{Prefix}index:{IndexName(state, algorithm)}";

    /// <summary>What names that index, as entries of <see cref="Ended"/> do.</summary>
    public static string IndexName(TaskState state, string algorithm) => $"{StateName(state)}:{algorithm}";

    /// <summary>The task of an idempotency key. Expires with that task.</summary>
    public static RedisKey Idempotency(string keyHash) => $"{Prefix}idempotency:{keyHash}";

    /// <summary>What a worker announced. Expires when it is silent.</summary>
    public static RedisKey Worker(string id) => $"{Prefix}worker:{id}";

    /// <summary>The channel on which changes of one task are told.</summary>
    public static RedisChannel Changes(TaskId id) => RedisChannel.Literal($"{Prefix}changes:{id}");

    private static string StateName(TaskState state) => state switch
    {
        TaskState.Pending => "pending",
        TaskState.Processing => "processing",
        TaskState.Completed => "completed",
        TaskState.Failed => "failed",
        TaskState.Cancelled => "cancelled",
        TaskState.TimedOut => "timed_out",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state"),
    };
}
