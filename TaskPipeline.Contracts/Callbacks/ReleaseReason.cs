using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Callbacks;

/// <summary>Why a worker gave an attempt back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReleaseReason>))]
public enum ReleaseReason
{
    /// <summary>The worker is being stopped.</summary>
    [JsonStringEnumMemberName("draining")]
    Draining,

    /// <summary>The worker does not have the algorithm; the API waits longer from time to time while nobody has it.</summary>
    [JsonStringEnumMemberName("algorithm_missing")]
    AlgorithmMissing,

    /// <summary>The worker cannot start a host or prepare the run, or the algorithm runs as often here as it may.</summary>
    [JsonStringEnumMemberName("cannot_start")]
    CannotStart,
}
