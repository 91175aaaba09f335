using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace TaskPipeline.Api.Tasks;

/// <summary>The preference <c>wait=N</c> of RFC 7240. Nonsense is no preference.</summary>
internal static class WaitPreference
{
    /// <summary>Nobody waits longer; who needs to, asks again.</summary>
    private const int MaxSeconds = 60;

    /// <summary>Reads it. Null without one.</summary>
    public static TimeSpan? Read(HttpRequest request) => Parse(request.Headers["Prefer"]) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Says in the answer that it is applied, if there is one.</summary>
    public static void Applied(HttpResponse response, TimeSpan? wait)
    {
        if (wait is { TotalSeconds: var seconds })
        {
            response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={seconds}");
        }
    }

    /// <summary>The seconds of the first preference of that name, capped; null without one, and when it is nonsense.</summary>
    public static int? Parse(StringValues header)
    {
        foreach (var preference in header.SelectMany(value => (value ?? "").Split(',')))
        {
            // What follows a semicolon are parameters of the preference, not preferences.
            var parts = preference.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is [var name, var value] && name.Equals("wait", StringComparison.OrdinalIgnoreCase))
            {
                var digits = value.Length > 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
                return digits.Length > 0 && digits.All(char.IsAsciiDigit)
                    ? int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, MaxSeconds) : MaxSeconds
                    : null;
            }
        }

        return null;
    }
}
