using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.OpenApi;

/// <summary>The body of a submission as the API describes it; <see cref="Tasks.SubmitRequestReader"/> reads it, and a test compares the two.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("What to run, and how.")]
internal sealed record SubmitBody
{
    [Description("The name of an algorithm, as GET /algorithms lists them.")]
    [StringLength(100, MinimumLength = 1)]
    public required string Algorithm { get; init; }

    [Description("The parameters: any object, up to 256 KiB. Default: {}.")]
    public JsonObject Input { get; init; } = [];

    [Description("How urgent it is. Default: normal.")]
    public TaskPriority Priority { get; init; }

    [Description("The limit of each attempt in seconds, over 0. Default: the algorithm's own, else 50.")]
    [Range(0.0, 86_400)]
    public double TimeoutSeconds { get; init; }

    [Description("Ends an attempt that reports no progress for so many seconds, over 0. Default: no such limit.")]
    [Range(0.0, 86_400)]
    public double? NoProgressTimeoutSeconds { get; init; }

    [Description("Not started before this time. Default: at once.")]
    public DateTimeOffset? NotBefore { get; init; }

    [Description("Fails as expired when it was not started before this time. Default: 7 days after its creation.")]
    public DateTimeOffset? StartBefore { get; init; }

    [Description("Bounds the attempts that end in a retryable error or a crash. Default: 3.")]
    [Range(1, 20)]
    public int MaxAttempts { get; init; }

    [Description("Refused with 429 when it cannot be expected to start within so many seconds, over 0. Default: the limit of its lane.")]
    [Range(0.0, 86_400)]
    public double? MaxWaitSeconds { get; init; }

    [Description("Up to 32 labels; keys of 1 to 63 characters, values of up to 256.")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
