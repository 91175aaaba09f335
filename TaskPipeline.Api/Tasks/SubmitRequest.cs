using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>What a client wants, checked as far as it can be without knowing the algorithm.</summary>
internal sealed record SubmitRequest
{
    public required string Algorithm { get; init; }

    public required ReadOnlyMemory<byte> Input { get; init; }

    public TaskPriority Priority { get; init; }

    public double? TimeoutSeconds { get; init; }

    public double? NoProgressTimeoutSeconds { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? StartBefore { get; init; }

    public int? MaxAttempts { get; init; }

    /// <summary>Refused when it could not be expected to start within so many seconds.</summary>
    public double? MaxWaitSeconds { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
