using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Draining;

/// <summary>How a replica stops. Section <c>Drain</c>.</summary>
public sealed class DrainOptions
{
    public const string SectionName = "Drain";

    /// <summary>How long a replica that was told to stop still takes requests, while its health says that it should get none.</summary>
    /// <value>The default is 1 second. Behind a load balancer: longer than the interval in which that one looks.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Notice { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long requests that are under way may take after that.</summary>
    /// <value>The default is 25 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(25);
}
