using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>How hosts are started, limited and recycled. Section <c>NativeHosts</c>.</summary>
public sealed class NativeHostOptions
{
    public const string SectionName = "NativeHosts";

    /// <summary>The host executable. Required.</summary>
    /// <value>The default is the one of this build or image.</value>
    [Required(ErrorMessage = "It is not set and there is no TaskPipeline.NativeHost beside the worker")]
    public string HostPath { get; set; } = NativeLayout.Host;

    /// <summary>The guard executable; empty where there is none: then limits, accounting and the sweep of subtrees are absent.</summary>
    /// <value>The default is the one of this build or image.</value>
    public string GuardPath { get; set; } = NativeLayout.Guard;

    /// <summary>Folders and files with libraries of algorithms.</summary>
    /// <value>The default, when none is configured, is the samples of this build or image.</value>
    public IList<string> Libraries { get; } = [];

    /// <summary>Adds the library of algorithms that crash, hang and leak.</summary>
    /// <value>The default is false.</value>
    public bool Faults { get; set; }

    /// <summary>How many tasks a host runs before it is replaced; 1 is a fresh process for each. Up to a quarter fewer, so that hosts do not all end at once.</summary>
    /// <value>The default is 1,000.</value>
    [Range(1, int.MaxValue)]
    public int TasksPerHost { get; set; } = 1_000;

    /// <summary>A host that holds more memory than this after a task is replaced, in bytes; up to a quarter less, as above.</summary>
    /// <value>The default is 256 MiB.</value>
    [Range(1L << 20, long.MaxValue)]
    public long RecycleAboveBytes { get; set; } = 256L << 20;

    /// <summary>The memory of a task (RLIMIT_DATA) whose algorithm declares none, in bytes.</summary>
    /// <value>The default is 1 GiB.</value>
    [Range(16L << 20, long.MaxValue)]
    public long MemoryLimitBytes { get; set; } = 1L << 30;

    /// <summary>The processor time of a task whose algorithm declares none, in seconds; 0 for none.</summary>
    /// <value>The default is 0: the time-out bounds it.</value>
    [Range(0, 1e9)]
    public double CpuLimitSeconds { get; set; }

    /// <summary>The largest file that a task may write (RLIMIT_FSIZE), in bytes.</summary>
    /// <value>The default is 1 GiB.</value>
    [Range(1, long.MaxValue)]
    public long FileSizeLimitBytes { get; set; } = 1L << 30;

    /// <summary>What a task may keep in its scratch folder, in bytes; looked at twice a second.</summary>
    /// <value>The default is 1 GiB.</value>
    [Range(1, long.MaxValue)]
    public long ScratchLimitBytes { get; set; } = 1L << 30;

    /// <summary>The descriptors that a task may have open (RLIMIT_NOFILE). A host whose tasks left a quarter of so many open is replaced.</summary>
    /// <value>The default is 256.</value>
    [Range(16, 1_048_576)]
    public int OpenFilesLimit { get; set; } = 256;

    /// <summary>How much sooner than others the system ends hosts when it is out of memory (oom_score_adj).</summary>
    /// <value>The default is 500.</value>
    [Range(-1000, 1000)]
    public int OutOfMemoryScore { get; set; } = 500;

    /// <summary>How long a host may take to say hello.</summary>
    /// <value>The default is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan StartLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From asking a task to stop until SIGTERM.</summary>
    /// <value>The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>From SIGTERM until SIGKILL.</summary>
    /// <value>The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan TerminateGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the worker makes its folder, for scratch folders and status pages.</summary>
    /// <value>The default is the system's temporary folder.</value>
    [Required]
    public string WorkDirectory { get; set; } = Path.GetTempPath();
}
