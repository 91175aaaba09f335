using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Checks options by the attributes of their class.</summary>
/// <param name="section">The section they are bound to.</param>
internal sealed class AnnotationsValidator<T>(string section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options) =>
        OptionAnnotations.Problems(options, section) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
}
