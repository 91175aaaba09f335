using System.Globalization;

namespace TaskPipeline.NativeHost;

/// <summary>Takes options of the form <c>--name value</c> and plain words from the command line.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, List<string>> _options = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    /// <exception cref="UsageException">An option is unknown or has no value.</exception>
    public CommandLine(ReadOnlySpan<string> arguments, params ReadOnlySpan<string> known)
    {
        for (var index = 0; index < arguments.Length; index++)
        {
            var argument = arguments[index];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                _words.Add(argument);
                continue;
            }

            if (!known.Contains(argument))
            {
                throw new UsageException($"Unknown option {argument}.");
            }

            index++;
            Values(argument).Add(index < arguments.Length ? arguments[index] : throw new UsageException($"{argument} needs a value."));
        }
    }

    public IReadOnlyList<string> All(string option) => Values(option);

    public string? Last(string option) => Values(option) is { Count: > 0 } values ? values[^1] : null;

    /// <exception cref="UsageException">It is not there.</exception>
    public string Required(string option) => Last(option) ?? throw new UsageException($"{option} is missing.");

    /// <exception cref="UsageException">It is not a whole number of at least <paramref name="minimum"/>.</exception>
    public int Number(string option, int fallback, int minimum)
    {
        if (Last(option) is not { } text)
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum
            ? value
            : throw new UsageException($"{option} must be a whole number of at least {minimum}, not {text}.");
    }

    /// <exception cref="UsageException">There is another number of words than one.</exception>
    public string SingleWord(string what) => _words is [var word] ? word : throw new UsageException($"Exactly one {what} is needed.");

    /// <exception cref="UsageException">There are words.</exception>
    public void RefuseWords()
    {
        if (_words.Count > 0)
        {
            throw new UsageException($"Unexpected {_words[0]}.");
        }
    }

    private List<string> Values(string option)
    {
        if (!_options.TryGetValue(option, out var values))
        {
            _options.Add(option, values = []);
        }

        return values;
    }
}
