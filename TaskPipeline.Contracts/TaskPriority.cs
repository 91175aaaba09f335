using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts;

/// <summary>What the client asked for; it decides the lane together with how long the algorithm is expected to run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskPriority>))]
public enum TaskPriority
{
    /// <summary>The default: the lane is <c>short</c> or <c>long</c> by expected run time.</summary>
    [JsonStringEnumMemberName("normal")]
    Normal,

    /// <summary>Before everything else.</summary>
    [JsonStringEnumMemberName("urgent")]
    Urgent,

    /// <summary>When nothing else waits.</summary>
    [JsonStringEnumMemberName("background")]
    Background,
}
