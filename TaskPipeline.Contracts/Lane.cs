using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts;

/// <summary>A queue with its own share of slots. Declared in the order in which a free slot looks for work.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Lane>))]
public enum Lane
{
    /// <summary>Priority <c>urgent</c>.</summary>
    [JsonStringEnumMemberName("urgent")]
    Urgent,

    /// <summary>Normal tasks that are expected to be short.</summary>
    [JsonStringEnumMemberName("short")]
    Short,

    /// <summary>Normal tasks that are expected to be long.</summary>
    [JsonStringEnumMemberName("long")]
    Long,

    /// <summary>Priority <c>background</c>.</summary>
    [JsonStringEnumMemberName("background")]
    Background,
}
