namespace TaskPipeline.Contracts;

/// <summary>The values of <see cref="TaskFailure.Kind"/>.</summary>
public static class FailureKinds
{
    /// <summary>The algorithm said that it failed.</summary>
    public const string Error = "error";

    /// <summary>A signal or an unexpected exit ended the process.</summary>
    public const string Crash = "crash";

    /// <summary>Its worker vanished too often.</summary>
    public const string Lost = "lost";

    /// <summary>Bad input, an unknown algorithm or an oversized or malformed result; never retried.</summary>
    public const string Rejected = "rejected";

    /// <summary>Not started before <c>startBefore</c>.</summary>
    public const string Expired = "expired";

    /// <summary>The broker gave its message up twice.</summary>
    public const string DeadLettered = "dead_lettered";

    /// <summary>The attempt took longer than <c>timeoutSeconds</c>.</summary>
    public const string Timeout = "timeout";

    /// <summary>The attempt called progress for <c>noProgressTimeoutSeconds</c> not at all.</summary>
    public const string NoProgress = "no_progress";
}
