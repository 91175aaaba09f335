using System.Text.Json;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>From the bytes of a message to a task, or to the reason why nobody will ever read it. Pure.</summary>
internal static class TaskMessageReader
{
    private const double MaxSeconds = 86_400;

    public static (TaskMessage? Message, string? Problem) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var message = JsonSerializer.Deserialize(body, ContractsJsonContext.Default.TaskMessage);
            return Check(message) is { } problem ? (null, problem) : (message, null);
        }
        catch (JsonException exception) when (exception.Path is { } path && !exception.Message.Contains(path, StringComparison.Ordinal))
        {
            // Our own converters say what is wrong; where, only the serializer knows.
            return (null, $"{path}: {exception.Message}");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>What the types cannot say and a run relies on: whatever comes from the broker is checked here, once.</summary>
    private static string? Check(TaskMessage? message) => message switch
    {
        null => "the message is null",
        { Schema: not TaskMessage.CurrentSchema } => $"the message has schema {message.Schema}, this worker reads {TaskMessage.CurrentSchema}",
        { Dispatch: < 1 } => "the dispatch is not a positive number",
        { Submission: null } => "the submission is missing",
        { Submission.Algorithm: null or "" } => "the algorithm is missing",
        { Submission.TimeoutSeconds: not (> 0 and <= MaxSeconds) } => "timeoutSeconds is out of range",
        { Submission.NoProgressTimeoutSeconds: not (null or (> 0 and <= MaxSeconds)) } => "noProgressTimeoutSeconds is out of range",
        { Input.IsEmpty: true } => "the input is missing",
        _ when !Enum.IsDefined(message.Lane) => "the lane is unknown",
        _ => null,
    };
}
