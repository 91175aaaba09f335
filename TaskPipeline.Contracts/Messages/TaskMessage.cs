using System.Text.Json.Serialization;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Contracts.Messages;

/// <summary>
/// The body of a work message: one dispatch of one task, with everything needed to run it and, should Redis have lost the
/// task, to rebuild its record.
/// </summary>
public sealed record TaskMessage
{
    /// <summary>The version of this shape that is written and understood.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The version of this shape; a worker refuses a message of another one as unreadable.</summary>
    public required int Schema { get; init; }

    /// <summary>The task.</summary>
    public required TaskId TaskId { get; init; }

    /// <summary>The number of this publication, from 1; only the newest may be claimed.</summary>
    public required int Dispatch { get; init; }

    /// <summary>The attempts granted before this dispatch.</summary>
    public required int Attempt { get; init; }

    /// <summary>The lane it was published to.</summary>
    public required Lane Lane { get; init; }

    /// <summary>When the task was created, by the clock of Redis.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When this dispatch was decided, by the clock of Redis; a rebuilt record must be younger than the retention.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The submission.</summary>
    public required TaskSubmission Submission { get; init; }

    /// <summary>The W3C trace context of the submission, so that every attempt joins the same trace; null when not traced.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Which runs of the algorithm this one is like, for reports about its run time; null when not known.</summary>
    public string? RunClass { get; init; }

    /// <summary>The input: one JSON object, exactly as submitted.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public required ReadOnlyMemory<byte> Input { get; init; }
}
