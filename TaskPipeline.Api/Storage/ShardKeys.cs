using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The keys of one shard. All carry its hash tag, and a script touches those of one shard alone, so that it may run on Redis Cluster too.
/// The end of each key's life stands beside it. Immutable.
/// </summary>
internal sealed class ShardKeys
{
    private readonly RedisKey[] _queues;
    private readonly RedisKey[] _held;
    private readonly RedisKey[] _clients;
    private readonly RedisKey[] _times;

    public ShardKeys(int number)
    {
        Number = number;
        Prefix = string.Create(CultureInfo.InvariantCulture, $"tp:{{{number}}}:");
        TaskPrefix = Prefix + "task:";
        Timers = Prefix + "timers";
        TimersServed = Prefix + "timers-served";
        Ended = Prefix + "ended";
        All = Prefix + "all";
        Unpublished = Prefix + "unpublished";
        LanesRunning = Prefix + "lanes-running";
        _queues = OfLanes("lane");
        _held = OfLanes("lane-held");
        _clients = OfLanes("lane-clients");
        _times = OfLanes("lane-times");
    }

    /// <summary>Which shard it is, from 0.</summary>
    public int Number { get; }

    /// <summary>What every key of the shard begins with.</summary>
    public string Prefix { get; }

    /// <summary>What the key of every task of the shard begins with; its id follows.</summary>
    public string TaskPrefix { get; }

    /// <summary>Sorted set of live tasks by when they must be looked at next, in microseconds. A task leaves it when it ends.</summary>
    public RedisKey Timers { get; }

    /// <summary>When a replica last served the timers. Expires after a day.</summary>
    public RedisKey TimersServed { get; }

    /// <summary>Sorted set of ended tasks by when their retention ends; what is over is trimmed with its list entries.</summary>
    public RedisKey Ended { get; }

    /// <summary>Ids of all tasks in order. Trimmed with <see cref="Ended"/>.</summary>
    public RedisKey All { get; }

    /// <summary>How many tasks wait for the broker's confirm. Removed when none does.</summary>
    public RedisKey Unpublished { get; }

    /// <summary>Hash of how many tasks of each lane are processing. One field for each lane.</summary>
    public RedisKey LanesRunning { get; }

    /// <summary>Sorted set of the tasks of a lane that are queued, by when they were, in microseconds. A task leaves it when it starts or ends.</summary>
    public RedisKey LaneQueue(Lane lane) => _queues[(int)lane];

    /// <summary>Sorted set of the tasks of a lane that are held back because their client has its share of the lane, by virtual start. A task leaves it when its turn comes or it ends.</summary>
    public RedisKey LaneHeld(Lane lane) => _held[(int)lane];

    /// <summary>Hash of how many tasks of each client wait in a lane. A client leaves it with its last one.</summary>
    public RedisKey LaneClients(Lane lane) => _clients[(int)lane];

    /// <summary>Hash of the virtual times of a lane: of the lane (<c>#</c>) and of clients (<c>c:</c> and its name). Removed when nothing is held back; trimmed of what is past.</summary>
    public RedisKey LaneTimes(Lane lane) => _times[(int)lane];

    /// <summary>The task itself: a hash. Expires with its retention once it has ended; until then its timer bounds it.</summary>
    public RedisKey Task(TaskId id) => $"{TaskPrefix}{id}";

    /// <summary>Ids of the tasks of one state and algorithm, in order. Trimmed with <see cref="Ended"/>.</summary>
    public RedisKey Index(TaskState state, string algorithm) => $"{Prefix}index:{IndexName(state, algorithm)}";

    /// <summary>What names that index, as entries of <see cref="Ended"/> do.</summary>
    public static string IndexName(TaskState state, string algorithm) => $"{StateName(state)}:{algorithm}";

    /// <summary>The task of an idempotency key. Expires with that task.</summary>
    public RedisKey Idempotency(string keyHash) => $"{Prefix}idempotency:{keyHash}";

    /// <summary>The name of the channel on which changes of one task are told.</summary>
    public string Changes(TaskId id) => $"{Prefix}changes:{id}";

    /// <summary>The name of the channel on which one replica is told the ends that its clients wait for.</summary>
    public string Replies(string replica) => $"{Prefix}replies:{replica}";

    private RedisKey[] OfLanes(string name) => [.. Enum.GetValues<Lane>().Select(lane => (RedisKey)$"{Prefix}{name}:{Topology.LaneName(lane)}")];

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
