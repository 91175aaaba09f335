namespace TaskPipeline.Contracts.Callbacks;

/// <summary>What the API answers to one report.</summary>
public sealed record ReportVerdict
{
    /// <summary>The answer.</summary>
    public required VerdictKind Kind { get; init; }

    /// <summary>The attempt, with <see cref="VerdictKind.Granted"/>.</summary>
    public int? Attempt { get; init; }

    /// <summary>How long a lease lasts, in seconds, with <see cref="VerdictKind.Granted"/>.</summary>
    public double? LeaseSeconds { get; init; }

    /// <summary>The task is to be stopped; repeated in every verdict about it until it ends.</summary>
    public bool Cancel { get; init; }

    /// <summary>The API does not know the worker: announce again.</summary>
    public bool Announce { get; init; }

    /// <summary>A sentence for the log; null when there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>With a heartbeat: a verdict for each attempt, in the order of the report.</summary>
    public IReadOnlyList<AttemptVerdict>? Attempts { get; init; }

    /// <summary>With a heartbeat: what the worker is to do about the lanes; null leaves it as it is.</summary>
    public LaneOrders? Lanes { get; init; }
}

/// <summary>What the API says about one attempt of a heartbeat.</summary>
/// <param name="Kind">Stored, stale or unknown.</param>
/// <param name="Cancel">The task is to be stopped.</param>
public sealed record AttemptVerdict(VerdictKind Kind, bool Cancel);
