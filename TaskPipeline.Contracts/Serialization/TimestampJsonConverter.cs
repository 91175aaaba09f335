using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>Writes times as RFC 3339 in UTC with microseconds, for example <c>2026-01-31T12:00:00.000001Z</c>; reads any RFC 3339 time with an offset.</summary>
public sealed class TimestampJsonConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A time without an offset would be read in the zone of this machine: refuse it.
        if (reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 18 and < 64 } text
            && (text.EndsWith('Z') || text[^6] is '+' or '-') && reader.TryGetDateTimeOffset(out var value))
        {
            var utc = value.ToUniversalTime();
            return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
        }

        throw new JsonException("not an RFC 3339 time with an offset");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[27];
        value.UtcDateTime.TryFormat(text, out var written, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..written]);
    }
}
