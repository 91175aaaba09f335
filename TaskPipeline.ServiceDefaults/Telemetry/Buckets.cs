using System.Diagnostics.Metrics;

namespace TaskPipeline.ServiceDefaults.Telemetry;

/// <summary>The buckets of our histograms.</summary>
public static class Buckets
{
    /// <summary>From milliseconds to an hour: what a task may wait or run.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
    };
}
