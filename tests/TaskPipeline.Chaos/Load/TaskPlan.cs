using System.Text.Json;

namespace TaskPipeline.Chaos.Load;

/// <summary>One task of the load: what is sent, what is done to it, and how it may end.</summary>
internal sealed record TaskPlan
{
    /// <summary>Its kind, for the summary.</summary>
    public required string Name { get; init; }

    public required string Algorithm { get; init; }

    /// <summary>The members of the submission beside the algorithm.</summary>
    public IReadOnlyDictionary<string, object> Members { get; init; } = new Dictionary<string, object>();

    /// <summary>The ends that it may have while nobody cancels it: a status, with a failure's kind behind a colon.</summary>
    public required IReadOnlyList<string> Ends { get; init; }

    /// <summary>Whether a result is right; only asked for completed tasks.</summary>
    public Func<JsonElement, bool> IsRight { get; init; } = _ => true;

    /// <summary>When it is cancelled, from its submission; null for never.</summary>
    public TimeSpan? CancelAfter { get; init; }

    /// <summary>Not started before, from its submission; null for no such wish.</summary>
    public TimeSpan? NotBefore { get; init; }

    /// <summary>Started before or never, from its submission; null for no such wish.</summary>
    public TimeSpan? StartBefore { get; init; }

    /// <summary>Submitted twice at the same time with one key.</summary>
    public bool Twice { get; init; }

    /// <summary>Followed by its events and not by asking.</summary>
    public bool ByEvents { get; init; }
}
