namespace TaskPipeline.Contracts.Callbacks;

/// <summary>What a library says about one of its algorithms.</summary>
public sealed record AlgorithmDescription
{
    /// <summary>The name that clients submit.</summary>
    public required string Name { get; init; }

    /// <summary>The version.</summary>
    public required string Version { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Description { get; init; }

    /// <summary>The limit of an attempt for submissions that name none, in seconds; null for the service's default.</summary>
    public double? DefaultTimeoutSeconds { get; init; }

    /// <summary>How long a run is expected to take, in seconds; null when the library does not say.</summary>
    public double? ExpectedSeconds { get; init; }

    /// <summary>The input member that drives the cost; null when none is named.</summary>
    public string? CostParameter { get; init; }
}
