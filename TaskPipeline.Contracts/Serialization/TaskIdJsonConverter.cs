using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>Writes a task id as its canonical text and accepts nothing else.</summary>
public sealed class TaskIdJsonConverter : JsonConverter<TaskId>
{
    /// <inheritdoc/>
    public override TaskId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TaskId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException("not a task id");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskId value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[36];
        value.Value.TryFormat(text, out var written, "D");
        writer.WriteStringValue(text[..written]);
    }
}
