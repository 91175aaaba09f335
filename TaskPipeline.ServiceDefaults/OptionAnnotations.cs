using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Microsoft.Extensions.Hosting;

/// <summary>What the attributes of options say about their values.</summary>
public static class OptionAnnotations
{
    /// <summary>What is wrong, each by its key; nothing when all is right. A value is told only if it is a number or a time: a text may be a secret.</summary>
    /// <param name="options">The options. Those in their properties are not looked at.</param>
    /// <param name="key">The key they are bound to.</param>
    public static IReadOnlyList<string> Problems(object options, string key)
    {
        ArgumentNullException.ThrowIfNull(options);
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return [.. results.Select(result => $"{key}:{string.Join(", ", result.MemberNames)}{Value(options, result)}: {result.ErrorMessage}")];
    }

    private static string Value(object options, ValidationResult result) =>
        result.MemberNames.FirstOrDefault() is { } member && options.GetType().GetProperty(member)?.GetValue(options) is IFormattable value
            ? $" ({value.ToString(format: null, CultureInfo.InvariantCulture)})"
            : "";
}
