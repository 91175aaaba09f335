using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.State;

/// <summary>The times and budgets of a task's life. Section <c>Lifecycle</c>.</summary>
public sealed class LifecycleOptions
{
    public const string SectionName = "Lifecycle";

    /// <summary>How long a running attempt is believed without hearing from its worker.</summary>
    /// <value>The default is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.2", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a task is kept after it ended.</summary>
    /// <value>The default is 24 hours.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a task may wait for its start when its client sets no deadline, and how long it may wait again after an attempt.</summary>
    /// <value>The default is 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan StartDeadline { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many attempts may vanish with their worker; the last of them fails the task as lost.</summary>
    /// <value>The default is 3.</value>
    [Range(1, 100)]
    public int MaxLostAttempts { get; set; } = 3;

    /// <summary>The wait before the first retry; it doubles with each, with up to a quarter of jitter.</summary>
    /// <value>The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait before a retry, and before a task whose algorithm nobody offers is tried again.</summary>
    /// <value>The default is 60 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a dispatch may stay unconfirmed before it is published again.</summary>
    /// <value>The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RepublishAfter { get; set; } = TimeSpan.FromSeconds(5);
}
