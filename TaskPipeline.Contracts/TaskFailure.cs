namespace TaskPipeline.Contracts;

/// <summary>Why an attempt or a task did not complete.</summary>
public sealed record TaskFailure
{
    /// <summary>One of <see cref="FailureKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Message { get; init; }

    /// <summary>The name of the signal that ended the process, for example <c>SIGSEGV</c>; null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>The exit code of the process; null with a signal or when the process did not end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The limit that was hit: <c>memory</c>, <c>cpu</c>, <c>scratch</c> or null.</summary>
    public string? Limit { get; init; }

    /// <summary>The last KiB that the native code wrote to its standard error; null when it wrote nothing.</summary>
    public string? Stderr { get; init; }
}
