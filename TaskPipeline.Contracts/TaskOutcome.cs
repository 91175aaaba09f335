using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts;

/// <summary>How one attempt ended. A closed set; <see cref="Lost"/> is decided by the API, all others are reported by a worker.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskOutcome>))]
public enum TaskOutcome
{
    /// <summary>The algorithm returned ok and a valid result.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>The algorithm returned an error, or its input or result was refused.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>The host died by a signal or an unexpected exit.</summary>
    [JsonStringEnumMemberName("crash")]
    Crash,

    /// <summary>The attempt's time, or its time without progress, ran out and its processes are gone.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,

    /// <summary>A cancel was carried out and the attempt's processes are gone.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,

    /// <summary>The lease ended without a word from the worker.</summary>
    [JsonStringEnumMemberName("lost")]
    Lost,

    /// <summary>The worker gave the attempt back unharmed; it costs nothing.</summary>
    [JsonStringEnumMemberName("released")]
    Released,
}
