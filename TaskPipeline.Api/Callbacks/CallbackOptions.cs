using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Callbacks;

/// <summary>How workers prove that they are ours. Section <c>Callbacks</c>.</summary>
public sealed class CallbackOptions
{
    public const string SectionName = "Callbacks";

    /// <summary>The secret that the topology hands to API and workers. Required, at least 16 characters.</summary>
    [Required]
    [MinLength(16)]
    public string Secret { get; set; } = "";
}
