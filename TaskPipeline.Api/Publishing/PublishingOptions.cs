using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Publishing;

/// <summary>How lost messages are noticed. Section <c>Publishing</c>.</summary>
public sealed class PublishingOptions
{
    public const string SectionName = "Publishing";

    /// <summary>How often the queues of the lanes are looked at; also how old a task must at least be to be taken for lost.</summary>
    /// <value>The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LaneWatch { get; set; } = TimeSpan.FromSeconds(5);
}
