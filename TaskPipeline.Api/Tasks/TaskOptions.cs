using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Tasks;

/// <summary>The defaults of submissions. Section <c>Tasks</c>.</summary>
public sealed class TaskOptions
{
    public const string SectionName = "Tasks";

    /// <summary>The limit of an attempt when neither client nor algorithm names one, in seconds.</summary>
    /// <value>The default is 50.</value>
    [Range(0.001, 86_400)]
    public double DefaultTimeoutSeconds { get; set; } = 50;

    /// <summary>The attempts of a task when its client names no number.</summary>
    /// <value>The default is 3.</value>
    [Range(1, 20)]
    public int DefaultMaxAttempts { get; set; } = 3;

    /// <summary>Normal tasks expected to take longer go to the lane <c>long</c>, in seconds.</summary>
    /// <value>The default is 1.</value>
    [Range(0.001, 86_400)]
    public double LongAfterSeconds { get; set; } = 1;

    /// <summary>How long a submission waits for the broker's confirm before it is answered without.</summary>
    /// <value>The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:00:30")]
    public TimeSpan ConfirmWait { get; set; } = TimeSpan.FromSeconds(1);
}
