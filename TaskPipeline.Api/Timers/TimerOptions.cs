using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Timers;

/// <summary>How due timers are served. Section <c>Timers</c>.</summary>
public sealed class TimerOptions
{
    public const string SectionName = "Timers";

    /// <summary>How often a replica looks for due timers when it found none.</summary>
    /// <value>The default is 200 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the service waits for the broker's confirm before it turns to other timers.</summary>
    /// <value>The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan ConfirmWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many are taken at a time.</summary>
    /// <value>The default is 100.</value>
    [Range(1, 10_000)]
    public int Batch { get; set; } = 100;
}
