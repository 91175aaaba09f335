using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

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

    /// <summary>Hash of how many tasks of each lane are processing. One field for each lane.</summary>
    public static readonly RedisKey LanesRunning = Prefix + "lanes-running";

    /// <summary>When lanes were first measured. Expires with the last window of <see cref="LaneWindow"/>, and is set again with the next.</summary>
    public static readonly RedisKey LanesMeasured = Prefix + "lanes-measured";

    /// <summary>The fleet's reserve as it was computed last. Expires after an hour without one.</summary>
    public static readonly RedisKey LanesReserve = Prefix + "lanes-reserve";

    /// <summary>Sorted set of the tasks of a lane that are queued, by when they were, in microseconds. A task leaves it when it starts or ends.</summary>
    public static RedisKey LaneQueue(Lane lane) => $"{Prefix}lane:{Topology.LaneName(lane)}";

    /// <summary>Sorted set of the tasks of a lane that are held back because their client has its share of the lane, by virtual start. A task leaves it when its turn comes or it ends.</summary>
    public static RedisKey LaneHeld(Lane lane) => $"{Prefix}lane-held:{Topology.LaneName(lane)}";

    /// <summary>Hash of how many tasks of each client wait in a lane. A client leaves it with its last one.</summary>
    public static RedisKey LaneClients(Lane lane) => $"{Prefix}lane-clients:{Topology.LaneName(lane)}";

    /// <summary>Hash of the virtual times of a lane: of the lane (<c>#</c>) and of clients (<c>c:</c> and its name). Removed when nothing is held back; trimmed of what is past.</summary>
    public static RedisKey LaneTimes(Lane lane) => $"{Prefix}lane-times:{Topology.LaneName(lane)}";

    /// <summary>Hash of what happened in the lanes during one window. Expires when no load looks at it any more.</summary>
    public static RedisKey LaneWindow(long window) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}lane-window:{window}");

    /// <summary>Hash of how waits of a lane that were expected to lie in one octave compared with that. At most 50 fields, 24 octaves; expires a week after the last such start.</summary>
    public static RedisKey LaneWaits(Lane lane, int octave) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}lane-waits:{Topology.LaneName(lane)}:{octave}");

    /// <summary>Hash of run times of one class of runs, by bin. At most 109 fields; expires 30 days after the last run.</summary>
    public static RedisKey RunTimes(string algorithm, string runClass) => $"{Prefix}run-times:{algorithm}:{runClass}";

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
