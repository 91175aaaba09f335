using System.ComponentModel.DataAnnotations;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>What the lanes promise. Section <c>Lanes</c>.</summary>
public sealed class LaneOptions
{
    public const string SectionName = "Lanes";

    /// <summary>The lane <c>urgent</c>.</summary>
    public LaneBound Urgent { get; set; } = new();

    /// <summary>The lane <c>short</c>.</summary>
    public LaneBound Short { get; set; } = new();

    /// <summary>The lane <c>long</c>.</summary>
    public LaneBound Long { get; set; } = new();

    /// <summary>The lane <c>background</c>.</summary>
    public LaneBound Background { get; set; } = new();

    /// <summary>The share of tasks that start within the wait they are told, and of runs that decides about their lane.</summary>
    /// <value>The default is 0.9.</value>
    [Range(0.5, 0.99)]
    public double Quantile { get; set; } = 0.9;

    /// <summary>A task of a quick lane has outstayed it after so many times <c>Tasks:LongAfterSeconds</c>.</summary>
    /// <value>The default is 2.</value>
    [Range(1.0, 1000)]
    public double OutstayFactor { get; set; } = 2;

    /// <summary>While a lane has so much work queued, a client that has its share of it gets no more of its tasks published until others had their turn.</summary>
    /// <value>The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan HoldBackAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Clients whose share of a lane is not 1, by name.</summary>
    public IDictionary<string, double> ClientWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The bound of a lane.</summary>
    public LaneBound Of(Lane lane) => lane switch
    {
        Lane.Urgent => Urgent,
        Lane.Short => Short,
        Lane.Long => Long,
        Lane.Background => Background,
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "not a lane"),
    };
}

/// <summary>What one lane promises.</summary>
public sealed class LaneBound
{
    /// <summary>A task that would have to wait longer is refused with 429.</summary>
    /// <value>The default is 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "7.00:00:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromHours(1);
}
