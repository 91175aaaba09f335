using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Storage;

/// <summary>How the store is laid out, and its bounds. Section <c>Storage</c>.</summary>
public sealed class TaskStoreOptions
{
    public const string SectionName = "Storage";

    /// <summary>
    /// Over how many shards the tasks are spread, which the servers of a Redis Cluster share among them. More than one needs Redis 7. The
    /// same for every replica, and for as long as the data live: a replica that finds data of another number does not start.
    /// </summary>
    /// <value>A power of two, at most 256. The default is 1.</value>
    [PowerOfTwo(256)]
    public int Shards { get; set; } = 1;

    /// <summary>How many tasks may wait for the broker's confirm before submissions are refused. Each shard has an equal part of it.</summary>
    /// <value>The default is 100,000.</value>
    [Range(1, int.MaxValue)]
    public int MaxUnpublished { get; set; } = 100_000;

    /// <summary>How much memory Redis may hold before submissions are refused, in bytes. Of several servers each has a part of it, by the shards that it holds.</summary>
    /// <value>The default is 1 GiB.</value>
    [Range(1, long.MaxValue)]
    public long MaxLiveBytes { get; set; } = 1L << 30;

    /// <summary>How long a worker may be silent before it is no longer listed.</summary>
    /// <value>The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WorkerSilence { get; set; } = TimeSpan.FromSeconds(15);
}
