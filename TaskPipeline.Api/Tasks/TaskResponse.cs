using System.Text.Json.Serialization;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Tasks;

/// <summary>A task as clients see it.</summary>
internal sealed record TaskResponse : TaskSummary
{
    public TaskResponse(StoredTask task)
        : base(task)
    {
    }

    [JsonPropertyOrder(1)]
    [JsonConverter(typeof(RawJsonConverter))]
    public ReadOnlyMemory<byte> Input => Task.Input;
}

/// <summary>An attempt as clients see it.</summary>
internal sealed record AttemptResponse(int Attempt, string Worker, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, TaskOutcome? Outcome, TaskFailure? Failure)
{
    public AttemptResponse(AttemptRecord attempt)
        : this(attempt.Attempt, attempt.Worker, attempt.StartedAt, attempt.FinishedAt, attempt.Outcome, attempt.Failure)
    {
    }
}

/// <summary>Where a pending task stands: 1 is next, and with the probability of the quantile it has started by then.</summary>
internal sealed record QueueResponse(long? Position, DateTimeOffset? EstimatedStartAt, double? Quantile);
