using System.Text.Json.Serialization;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Tasks;

/// <summary>A task as clients see it in a list: all of it but the input.</summary>
internal record TaskSummary
{
    private readonly StoredTask _task;

    public TaskSummary(StoredTask task) => _task = task;

    public TaskId Id => Record.Id;

    public string Algorithm => Record.Submission.Algorithm;

    public TaskState Status => Record.State;

    public int Progress => Record.Progress;

    public string? Stage => Record.Stage;

    public TaskPriority Priority => Record.Submission.Priority;

    public Lane Lane => Record.Lane;

    public int Attempt => Record.Attempt;

    public DateTimeOffset CreatedAt => Record.CreatedAt;

    public DateTimeOffset? StartedAt => Record.StartedAt;

    public DateTimeOffset? FinishedAt => Record.FinishedAt;

    public bool CancelRequested => Record.CancelRequested;

    public bool? StopConfirmed => Record.StopConfirmed;

    public double TimeoutSeconds => Record.Submission.TimeoutSeconds;

    public double? NoProgressTimeoutSeconds => Record.Submission.NoProgressTimeoutSeconds;

    public int MaxAttempts => Record.Submission.MaxAttempts;

    public DateTimeOffset? NotBefore => Record.Submission.NotBefore;

    public DateTimeOffset StartBefore => Record.Submission.StartBefore;

    public DateTimeOffset? NextAttemptAt => Record.NextAttemptAt;

    [JsonConverter(typeof(NullableRawJsonConverter))]
    public ReadOnlyMemory<byte>? Result => _task.Result;

    public string? Output => _task.Output;

    public TaskFailure? Failure => Record.Failure;

    public IReadOnlyList<AttemptResponse> Attempts => [.. Record.Attempts.Select(attempt => new AttemptResponse(attempt))];

    /// <summary>Where it stands in its line; null unless pending. Its members are null while there is no estimate.</summary>
    public QueueResponse? Queue => Record.State != TaskState.Pending ? null
        : _task.Queue is { } queue ? new QueueResponse(queue.Position, queue.EstimatedStartAt, queue.Quantile)
        : new QueueResponse(Position: null, EstimatedStartAt: null, Quantile: null);

    public TaskUsage? Usage => Record.Usage;

    public string? Worker => Record.Worker;

    /// <summary>The second part of the W3C trace context.</summary>
    public string? TraceId => Record.TraceParent?.Split('-') is [_, var traceId, ..] ? traceId : null;

    public IReadOnlyDictionary<string, string> Labels => Record.Submission.Labels ?? new Dictionary<string, string>();

    public TaskId? RetryOf => Record.Submission.RetryOf;

    public long Version => Record.Version;

    protected StoredTask Task => _task;

    private TaskRecord Record => _task.Record;
}
