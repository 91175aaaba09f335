using System.Globalization;

namespace TaskPipeline.Benchmarks;

/// <summary>The options of a verb: <c>--name value</c>.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">An option is unknown or has no value.</exception>
    public Arguments(string[] arguments, params string[] known)
    {
        for (var n = 0; n < arguments.Length; n += 2)
        {
            if (!known.Contains(arguments[n]) || n + 1 == arguments.Length)
            {
                throw new ArgumentException($"{arguments[n]} is unknown or has no value; known are {string.Join(", ", known)}");
            }

            _values[arguments[n]] = arguments[n + 1];
        }
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public int Number(string name, int otherwise) =>
        _values.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
