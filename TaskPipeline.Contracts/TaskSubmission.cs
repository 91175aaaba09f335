namespace TaskPipeline.Contracts;

/// <summary>What a client submitted, with every default filled in. Never changes; it travels whole in each message.</summary>
public sealed record TaskSubmission
{
    /// <summary>The name of the algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The priority; default normal.</summary>
    public TaskPriority Priority { get; init; }

    /// <summary>The limit of one attempt in seconds, over 0 and at most 86,400.</summary>
    public required double TimeoutSeconds { get; init; }

    /// <summary>The longest time without a call of progress in seconds; null for no such limit.</summary>
    public double? NoProgressTimeoutSeconds { get; init; }

    /// <summary>Not started before; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Fails as expired when not started before.</summary>
    public required DateTimeOffset StartBefore { get; init; }

    /// <summary>Bounds the attempts that end in a retryable error or a crash, 1 to 20.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>The client's labels; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The task that this one repeats; null for none.</summary>
    public TaskId? RetryOf { get; init; }
}
