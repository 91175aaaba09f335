using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace TaskPipeline.Api.Tasks;

/// <summary>The preference <c>wait=N</c> of RFC 7240. Nonsense is no preference.</summary>
internal static class WaitPreference
{
    /// <summary>Nobody waits longer; who needs to, asks again.</summary>
    private const int MaxSeconds = 60;

    /// <summary>Reads it, and says in the answer that it is applied. Null without one.</summary>
    public static TimeSpan? Apply(HttpContext context)
    {
        if (Parse(context.Request.Headers["Prefer"]) is not { } seconds)
        {
            return null;
        }

        context.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={seconds}");
        return TimeSpan.FromSeconds(seconds);
    }

    public static int? Parse(StringValues header)
    {
        foreach (var preference in header.SelectMany(value => (value ?? "").Split([',', ';'], StringSplitOptions.TrimEntries)))
        {
            if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(preference.AsSpan(5).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return (int)Math.Min(seconds, MaxSeconds);
            }
        }

        return null;
    }
}
