using System.Text.Json;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>From the bytes of a message to a task, or to the reason why nobody will ever read it. Pure.</summary>
internal static class TaskMessageReader
{
    public static (TaskMessage? Message, string? Problem) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var message = JsonSerializer.Deserialize(body, ContractsJsonContext.Default.TaskMessage);
            return message switch
            {
                null => (null, "the message is null"),
                { Schema: not TaskMessage.CurrentSchema } => (null, $"the message has schema {message.Schema}, this worker reads {TaskMessage.CurrentSchema}"),
                { Dispatch: < 1 } => (null, "the dispatch is not a positive number"),
                { Submission: null } => (null, "the submission is missing"),
                { Input.IsEmpty: true } => (null, "the input is missing"),
                _ => (message, null),
            };
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            return (null, exception.Message);
        }
    }
}
