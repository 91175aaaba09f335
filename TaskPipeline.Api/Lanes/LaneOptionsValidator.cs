using Microsoft.Extensions.Options;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>The rules between the options of lanes; every one that is broken is named.</summary>
internal sealed class LaneOptionsValidator : IValidateOptions<LaneOptions>
{
    public ValidateOptionsResult Validate(string? name, LaneOptions options)
    {
        var problems = new List<string>();
        foreach (var lane in Enum.GetValues<Lane>())
        {
            problems.AddRange(OptionAnnotations.Problems(options.Of(lane), $"{LaneOptions.SectionName}:{lane}"));
            if (lane > Lane.Urgent && options.Of(lane - 1).MaxWait > options.Of(lane).MaxWait)
            {
                problems.Add(
                    $"{LaneOptions.SectionName}:{lane}:MaxWait ({options.Of(lane).MaxWait}) must not be below that of {lane - 1} ({options.Of(lane - 1).MaxWait}): a lane that comes later waits at least as long");
            }
        }

        var shortest = Enum.GetValues<Lane>().MinBy(lane => options.Of(lane).MaxWait);
        if (options.HoldBackAfter >= options.Of(shortest).MaxWait)
        {
            problems.Add(
                $"{LaneOptions.SectionName}:HoldBackAfter ({options.HoldBackAfter}) must be below {LaneOptions.SectionName}:{shortest}:MaxWait ({options.Of(shortest).MaxWait}): a client is held back before others are refused");
        }

        problems.AddRange(options.ClientWeights.Where(pair => pair.Value is not (>= 0.01 and <= 100))
            .Select(pair => $"{LaneOptions.SectionName}:ClientWeights:{pair.Key} ({pair.Value}) must be from 0.01 to 100"));
        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
