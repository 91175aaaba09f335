using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Callbacks;

/// <summary>The answers to a report.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerdictKind>))]
public enum VerdictKind
{
    /// <summary>The claim is granted: run it.</summary>
    [JsonStringEnumMemberName("granted")]
    Granted,

    /// <summary>The report is stored, or was before, or needs no storing.</summary>
    [JsonStringEnumMemberName("stored")]
    Stored,

    /// <summary>The task was cancelled: do not start it, acknowledge and forget.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,

    /// <summary>Another dispatch, attempt or end has overtaken it: stop it at once, acknowledge and forget.</summary>
    [JsonStringEnumMemberName("stale")]
    Stale,

    /// <summary>Another claim holds the task: acknowledge and forget.</summary>
    [JsonStringEnumMemberName("busy")]
    Busy,

    /// <summary>There is no such task: repeat with the message attached.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>The report could not be understood and never will be: drop it, the reason is a bug.</summary>
    [JsonStringEnumMemberName("invalid")]
    Invalid,

    /// <summary>The API could not decide now: repeat later.</summary>
    [JsonStringEnumMemberName("retry")]
    Retry,
}
