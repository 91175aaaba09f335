using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Algorithm;

/// <summary>The worker itself. Section <c>Worker</c>.</summary>
public sealed class WorkerOptions
{
    public const string SectionName = "Worker";

    /// <summary>How many tasks run at a time.</summary>
    /// <value>The default is the number of processors, at least 2.</value>
    [Range(1, 1024)]
    public int Slots { get; set; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>How long running tasks may finish when the worker is told to stop; then they are given back.</summary>
    /// <value>The default is 25 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How often the worker says that its tasks are alive; well below the lease of the API.</summary>
    /// <value>The default is 3 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(3);
}
