using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Publishing;

/// <summary>Where tasks are published, and how lost messages are noticed. Section <c>Publishing</c>.</summary>
public sealed class PublishingOptions
{
    public const string SectionName = "Publishing";

    /// <summary>
    /// How many queues each lane has in the broker, where one leader is not enough. The same for every replica; <c>Consuming:QueuesPerLane</c> of the workers must not be less, or nobody
    /// takes from those beyond it.
    /// </summary>
    /// <value>A power of two, at most 256. The default is 1.</value>
    [PowerOfTwo(256)]
    public int QueuesPerLane { get; set; } = 1;

    /// <summary>How often the queues of the lanes are looked at; also how old a task must at least be to be taken for lost.</summary>
    /// <value>The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LaneWatch { get; set; } = TimeSpan.FromSeconds(5);
}
