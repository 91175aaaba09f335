using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>What the attributes of <see cref="NativeHostOptions"/> cannot say. A library that is missing is no error: it is reported and skipped.</summary>
internal sealed class NativeHostOptionsValidator : IValidateOptions<NativeHostOptions>
{
    public ValidateOptionsResult Validate(string? name, NativeHostOptions options)
    {
        List<string> failures = [];
        if (options.HostPath.Length > 0 && !File.Exists(options.HostPath))
        {
            failures.Add($"{NativeHostOptions.SectionName}:{nameof(options.HostPath)} must be a file that exists, not '{options.HostPath}'");
        }

        if (options.GuardPath.Length > 0 && !File.Exists(options.GuardPath))
        {
            failures.Add($"{NativeHostOptions.SectionName}:{nameof(options.GuardPath)} must be empty or a file that exists, not '{options.GuardPath}'");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
