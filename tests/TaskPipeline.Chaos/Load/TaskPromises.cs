namespace TaskPipeline.Chaos.Load;

/// <summary>What the client of a task was promised about it beyond its end.</summary>
internal sealed record TaskPromises
{
    /// <summary>By the answer to the cancel: true for "it ends cancelled", false for "it has ended otherwise", null for nothing.</summary>
    public bool? Cancelled { get; init; }

    /// <summary>No attempt begins before; null for no such promise.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The first attempt begins before, or none; null for no such promise.</summary>
    public DateTimeOffset? StartBefore { get; init; }
}
