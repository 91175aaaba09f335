using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Checks options by the attributes of their class and names what is wrong by its key. The value is told only of numbers and times: a text may be a secret.</summary>
/// <param name="section">The section they are bound to.</param>
internal sealed class AnnotationsValidator<T>(string section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var results = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(results.Select(result => $"{section}:{string.Join(", ", result.MemberNames)}{Value(options, result)}: {result.ErrorMessage}"));
    }

    private static string Value(T options, ValidationResult result) =>
        result.MemberNames.FirstOrDefault() is { } member && typeof(T).GetProperty(member)?.GetValue(options) is IFormattable value
            ? $" ({value.ToString(format: null, CultureInfo.InvariantCulture)})"
            : "";
}
