using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts;

/// <summary>Where a task stands. The last four are terminal and never change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskState>))]
public enum TaskState
{
    /// <summary>Waiting: for its time, for the queue, for a worker or for a retry. A claim or the start deadline moves it on.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>Granted to one worker under a lease. A report or the end of the lease moves it on.</summary>
    [JsonStringEnumMemberName("processing")]
    Processing,

    /// <summary>The algorithm succeeded; the result is stored.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>It will not succeed; <c>failure.kind</c> says why.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Its client cancelled it.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,

    /// <summary>An attempt exceeded its time, or reported no progress for too long.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,
}
