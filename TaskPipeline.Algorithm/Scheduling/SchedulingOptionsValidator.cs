using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>The rules between the options of the scheduler; every one that is broken is named.</summary>
internal sealed class SchedulingOptionsValidator : IValidateOptions<SchedulingOptions>
{
    public ValidateOptionsResult Validate(string? name, SchedulingOptions options)
    {
        var problems = new List<string>();
        foreach (var lane in Enum.GetValues<Lane>())
        {
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(options.Of(lane), new ValidationContext(options.Of(lane)), results, validateAllProperties: true);
            problems.AddRange(results.Select(result => $"{SchedulingOptions.SectionName}:{lane}: {result.ErrorMessage}"));
        }

        foreach (var (earlier, later) in new[] { (Lane.Urgent, Lane.Short), (Lane.Short, Lane.Long), (Lane.Long, Lane.Background) })
        {
            if (options.Of(earlier).Patience > options.Of(later).Patience)
            {
                problems.Add(
                    $"{SchedulingOptions.SectionName}:{later}:Patience ({options.Of(later).Patience}) must not be below that of {earlier} ({options.Of(earlier).Patience}): a lane that comes later waits at least as long before it passes");
            }
        }

        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
