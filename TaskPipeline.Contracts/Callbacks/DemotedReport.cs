namespace TaskPipeline.Contracts.Callbacks;

/// <summary>A run has outstayed its lane and was moved to the slow account. Said at once, so that the next task like it is sent to another lane.</summary>
public sealed record DemotedReport : WorkerReport
{
    /// <summary>The algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Which runs it is like, as the message said; null when it did not.</summary>
    public string? RunClass { get; init; }

    /// <summary>The lane that it has outstayed.</summary>
    public required Lane Lane { get; init; }

    /// <summary>How long it has run, in seconds.</summary>
    public required double RunSeconds { get; init; }
}
