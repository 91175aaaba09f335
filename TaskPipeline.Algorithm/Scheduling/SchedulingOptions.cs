using System.ComponentModel.DataAnnotations;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>How a worker chooses what starts next. Section <c>Scheduling</c>.</summary>
public sealed class SchedulingOptions
{
    public const string SectionName = "Scheduling";

    /// <summary>The share of starts that may pass the order of the lanes because something has waited too long.</summary>
    /// <value>The default is 0.05: one start in twenty.</value>
    [Range(0.001, 0.5)]
    public double AgeingShare { get; set; } = 0.05;

    /// <summary>The lane <c>urgent</c>, which nothing comes before.</summary>
    public LaneLimits Urgent { get; set; } = new() { Patience = TimeSpan.Zero };

    /// <summary>The lane <c>short</c>.</summary>
    /// <value>The default patience is 15 seconds.</value>
    public LaneLimits Short { get; set; } = new() { Patience = TimeSpan.FromSeconds(15) };

    /// <summary>The lane <c>long</c>.</summary>
    /// <value>The default patience is 90 seconds.</value>
    public LaneLimits Long { get; set; } = new() { Patience = TimeSpan.FromSeconds(90) };

    /// <summary>The lane <c>background</c>.</summary>
    /// <value>The default patience is 15 minutes.</value>
    public LaneLimits Background { get; set; } = new() { Patience = TimeSpan.FromMinutes(15) };

    /// <summary>How many demoted tasks an extra process may make good at a time.</summary>
    /// <value>The default is a quarter of the slots, at least 1.</value>
    [Range(0, 1024)]
    public int? MaxExtraProcesses { get; set; }

    /// <summary>How long a delivery waits here before it is given back, if another worker has room for its lane.</summary>
    /// <value>The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00")]
    public TimeSpan GiveBackAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A lane whose runs take less than this may have more than one delivery waiting here.</summary>
    /// <value>The default is 50 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FastRun { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How many deliveries of such a lane may be here for each slot.</summary>
    /// <value>The default is 8.</value>
    [Range(1, 1000)]
    public int FastPrefetchPerSlot { get; set; } = 8;

    /// <summary>How many deliveries of such lanes are claimed ahead for each slot, so that a slot does not wait for its claim.</summary>
    /// <value>The default is 4.</value>
    [Range(0, 1000)]
    public int FastClaimsPerSlot { get; set; } = 4;

    /// <summary>The limits of a lane.</summary>
    public LaneLimits Of(Lane lane) => lane switch
    {
        Lane.Urgent => Urgent,
        Lane.Short => Short,
        Lane.Long => Long,
        Lane.Background => Background,
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "not a lane"),
    };
}

/// <summary>What one lane may ask of a worker.</summary>
public sealed class LaneLimits
{
    /// <summary>How long its head has waited in all, in the broker and here, before it may pass the lanes that come before it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Patience { get; set; }

    /// <summary>How fast its claim grows once the patience is over: among several that may pass, the greatest weight × overtime does.</summary>
    /// <value>The default is 1.</value>
    [Range(0.01, 100)]
    public double Weight { get; set; } = 1;
}
