using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// Which runs of an algorithm are alike: those of one version whose input is of one size, up to a factor of two. The size is the value of the
/// parameter that the algorithm names as driving its cost, else the length of the input. Written <c>version:c13</c> or <c>version:s7</c>. Pure.
/// </summary>
internal static class RunClass
{
    private const int Smallest = -20;
    private const int Largest = 63;

    public static string Of(AlgorithmDescription algorithm, ReadOnlySpan<byte> input) =>
        algorithm.CostParameter is { Length: > 0 } parameter && ReadNumber(input, parameter) is { } cost
            ? string.Create(CultureInfo.InvariantCulture, $"{Short(algorithm.Version)}:c{Octave(cost)}")
            : string.Create(CultureInfo.InvariantCulture, $"{Short(algorithm.Version)}:s{Octave(input.Length)}");

    private static int Octave(double size) => size > 0 ? Math.Clamp((int)Math.Floor(Math.Log2(size)), Smallest, Largest) : Smallest;

    /// <summary>A version is a library's own text; what names a key is bounded.</summary>
    private static string Short(string version) => version.Length <= 40 ? version : version[..40];

    /// <summary>A top-level member that is a number, or a string that reads as one; null otherwise.</summary>
    private static double? ReadNumber(ReadOnlySpan<byte> input, string name)
    {
        var reader = new Utf8JsonReader(input, new JsonReaderOptions { MaxDepth = 64 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(Encoding.UTF8.GetBytes(name));
            reader.Read();
            if (found)
            {
                var text = reader.TokenType is JsonTokenType.Number or JsonTokenType.String ? reader.ValueSpan : default;
                return Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length && double.IsFinite(number) ? number : null;
            }

            reader.Skip();
        }

        return null;
    }
}
