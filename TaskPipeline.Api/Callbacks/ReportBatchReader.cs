using System.Text.Json;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Callbacks;

/// <summary>Reads an array of reports one by one, so that one bad report does not cost the others. Pure.</summary>
internal static class ReportBatchReader
{
    /// <summary>The reports in order, or for each what is wrong with it.</summary>
    /// <exception cref="JsonException">The body is not an array of JSON values.</exception>
    public static IReadOnlyList<(WorkerReport? Report, string? Problem)> Read(ReadOnlySpan<byte> body)
    {
        var reports = new List<(WorkerReport?, string?)>();
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The body must be an array of reports");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            reports.Add(ReadOne(body[start..(int)reader.BytesConsumed]));
        }

        if (reader.Read())
        {
            throw new JsonException("Something follows the array of reports");
        }

        return reports;
    }

    private static (WorkerReport?, string?) ReadOne(ReadOnlySpan<byte> report)
    {
        try
        {
            return JsonSerializer.Deserialize(report, ContractsJsonContext.Default.WorkerReport) is { } read ? (read, Check(read)) : (null, "a report is an object");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>What the types cannot say.</summary>
    private static string? Check(WorkerReport report) => report switch
    {
        { Worker: null or "" or { Length: > 200 } } => "worker must have 1 to 200 characters",
        TaskReport { ClaimId: null or "" or { Length: > 100 } } => "claimId must have 1 to 100 characters",
        TaskReport { TaskId: var id, Message: { } message } when message.TaskId != id => "message is of another task",
        FinishedReport { Outcome: Contracts.TaskOutcome.Lost or Contracts.TaskOutcome.Released } => "no finished report has this outcome",
        FinishedReport { Outcome: not (Contracts.TaskOutcome.Completed or Contracts.TaskOutcome.Cancelled), Failure: null } => "a failure is missing",
        FinishedReport { Outcome: Contracts.TaskOutcome.Completed, Result: null } => "a result is missing",
        FinishedReport { Result.Length: > CallbackProtocol.MaxResultBytes } => "the result is too large",
        _ => null,
    };
}
