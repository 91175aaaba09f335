using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>Carries a JSON value as its own UTF-8 bytes, so that what a client sent and an algorithm answered is passed on unchanged.</summary>
public sealed class RawJsonConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Span, skipInputValidation: true);
}

/// <summary>The same for a value that may be absent.</summary>
public sealed class NullableRawJsonConverter : JsonConverter<ReadOnlyMemory<byte>?>
{
    private static readonly RawJsonConverter s_inner = new();

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        s_inner.Read(ref reader, typeToConvert, options);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte>? value, JsonSerializerOptions options)
    {
        if (value is { } bytes)
        {
            s_inner.Write(writer, bytes, options);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
