using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>How the API is reached. Section <c>Callbacks</c>.</summary>
public sealed class CallbackOptions
{
    public const string SectionName = "Callbacks";

    /// <summary>The secret that the topology hands to API and workers. Required, at least 16 characters.</summary>
    [Required]
    [MinLength(16)]
    public string Secret { get; set; } = "";

    /// <summary>The base address; by default the service <c>api</c> by service discovery.</summary>
    [Required]
    public string Address { get; set; } = "https+http://api";

    /// <summary>How long one request may take.</summary>
    /// <value>The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RequestLimit { get; set; } = TimeSpan.FromSeconds(5);
}
