using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>Writes times as RFC 3339 in UTC with microseconds, for example <c>2026-01-31T12:00:00.000001Z</c>; reads any RFC 3339 time with an offset.</summary>
public sealed class TimestampJsonConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>The length of the round-trip format, which has a digit more than is written.</summary>
    private const int RoundTripLength = 28;

    private const int MostBytes = 64;

    /// <summary>A character may be written as an escape sequence of six.</summary>
    private const int MostEscapedBytes = MostBytes * 6;

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A time without an offset would be read in the zone of this machine: refuse it.
        if (reader.TokenType == JsonTokenType.String && HasOffset(ref reader) && reader.TryGetDateTimeOffset(out var value))
        {
            var utc = value.ToUniversalTime();
            return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
        }

        throw new JsonException("not an RFC 3339 time with an offset");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        // The round-trip format is written without looking at a pattern; its last digit gives way to the Z behind it.
        Span<byte> text = stackalloc byte[RoundTripLength];
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[^2] = (byte)'Z';
        writer.WriteStringValue(text[..^1]);
    }

    private static bool HasOffset(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return HasOffset(reader.ValueSpan);
        }

        if ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) > MostEscapedBytes)
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[MostEscapedBytes];
        return HasOffset(buffer[..reader.CopyString(buffer)]);
    }

    private static bool HasOffset(ReadOnlySpan<byte> text) =>
        text.Length is > 18 and < MostBytes && (text[^1] == 'Z' || text[^6] is (byte)'+' or (byte)'-');
}
