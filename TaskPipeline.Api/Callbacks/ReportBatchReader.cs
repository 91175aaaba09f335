using System.Text.Json;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Callbacks;

/// <summary>Reads an array of reports one by one, so that one bad report does not cost the others. Pure.</summary>
internal static class ReportBatchReader
{
    private const int MaxDepth = 1_000_000;

    /// <summary>The reports in order, or for each what is wrong with it.</summary>
    /// <exception cref="JsonException">The body is not an array of JSON values.</exception>
    public static IReadOnlyList<(WorkerReport? Report, string? Problem)> Read(ReadOnlySpan<byte> body)
    {
        var reports = new List<(WorkerReport?, string?)>();
        // The depth of one report must not make the array unreadable: it is judged where the report is read.
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
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
            var read = JsonSerializer.Deserialize(report, ContractsJsonContext.Default.WorkerReport);
            return read is null ? (null, "a report is an object") : ReportRules.Apply(read);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            return (null, exception.Message);
        }
    }
}
