using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Storage;

/// <summary>The bounds of the store. Section <c>Storage</c>.</summary>
public sealed class TaskStoreOptions
{
    public const string SectionName = "Storage";

    /// <summary>How many tasks may wait for the broker's confirm before submissions are refused.</summary>
    /// <value>The default is 100,000.</value>
    [Range(1, int.MaxValue)]
    public int MaxUnpublished { get; set; } = 100_000;

    /// <summary>How much memory Redis may hold before submissions are refused, in bytes.</summary>
    /// <value>The default is 1 GiB.</value>
    [Range(1, long.MaxValue)]
    public long MaxLiveBytes { get; set; } = 1L << 30;

    /// <summary>How long a worker may be silent before it is no longer listed.</summary>
    /// <value>The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WorkerSilence { get; set; } = TimeSpan.FromSeconds(15);
}
