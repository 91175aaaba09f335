using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The keys of what concerns the whole fleet and no single task. All carry the hash tag of shard 0, so that a transaction may touch
/// several of them on Redis Cluster too. The end of each key's life stands beside it.
/// </summary>
internal static class FleetKeys
{
    private const string Prefix = "tp:{0}:";

    /// <summary>The number of shards that the tasks were written with. Stays as long as the data do.</summary>
    public static readonly RedisKey Shards = Prefix + "shards";

    /// <summary>Hash of algorithm descriptions by name. Expires 30 days after the last beat of any worker.</summary>
    public static readonly RedisKey Algorithms = Prefix + "algorithms";

    /// <summary>Sorted set of worker ids by when they were heard last. Trimmed at each read; expires with the last worker.</summary>
    public static readonly RedisKey Workers = Prefix + "workers";

    /// <summary>When lanes were first measured. Expires with the last window of <see cref="LaneWindow"/>, and is set again with the next.</summary>
    public static readonly RedisKey LanesMeasured = Prefix + "lanes-measured";

    /// <summary>The fleet's reserve as it was computed last. Expires after an hour without one.</summary>
    public static readonly RedisKey LanesReserve = Prefix + "lanes-reserve";

    /// <summary>Hash of what happened in the lanes during one window. Expires when no load looks at it any more.</summary>
    public static RedisKey LaneWindow(long window) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}lane-window:{window}");

    /// <summary>Hash of how waits of a lane that were expected to lie in one octave compared with that. At most 50 fields, 24 octaves; expires a week after the last such start.</summary>
    public static RedisKey LaneWaits(Lane lane, int octave) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}lane-waits:{Topology.LaneName(lane)}:{octave}");

    /// <summary>Hash of run times of one class of runs, by bin. At most 109 fields; expires 30 days after the last run.</summary>
    public static RedisKey RunTimes(string algorithm, string runClass) => $"{Prefix}run-times:{algorithm}:{runClass}";

    /// <summary>What a worker announced. Expires when it is silent.</summary>
    public static RedisKey Worker(string id) => $"{Prefix}worker:{id}";
}
