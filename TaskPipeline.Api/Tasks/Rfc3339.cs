using System.Globalization;
using System.Text.RegularExpressions;

namespace TaskPipeline.Api.Tasks;

/// <summary>Times as RFC 3339 writes them. Finer than microseconds is cut off.</summary>
internal static partial class Rfc3339
{
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (!Shape().IsMatch(text) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var parsed))
        {
            return false;
        }

        time = parsed.AddTicks(-(parsed.Ticks % TimeSpan.TicksPerMicrosecond));
        return true;
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
