using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>Writes a task id as its canonical text and accepts nothing else.</summary>
public sealed class TaskIdJsonConverter : JsonConverter<TaskId>
{
    /// <inheritdoc/>
    public override TaskId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            // Nobody escapes a digit; what comes in pieces or escaped all the same becomes a text first.
            var isPlain = !reader.HasValueSequence && !reader.ValueIsEscaped;
            if (isPlain ? TaskId.TryParse(reader.ValueSpan, out var id) : TaskId.TryParse(reader.GetString(), out id))
            {
                return id;
            }
        }

        throw new JsonException("not a task id");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
