using Microsoft.Extensions.Options;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>The rules between the options of the scheduler, and with the number of slots; every one that is broken is named.</summary>
internal sealed class SchedulingOptionsValidator(IOptions<WorkerOptions> worker) : IValidateOptions<SchedulingOptions>
{
    public ValidateOptionsResult Validate(string? name, SchedulingOptions options)
    {
        var problems = new List<string>();
        foreach (var lane in Enum.GetValues<Lane>())
        {
            problems.AddRange(OptionAnnotations.Problems(options.Of(lane), $"{SchedulingOptions.SectionName}:{lane}"));
        }

        foreach (var (earlier, later) in new[] { (Lane.Urgent, Lane.Short), (Lane.Short, Lane.Long), (Lane.Long, Lane.Background) })
        {
            if (options.Of(earlier).Patience > options.Of(later).Patience)
            {
                problems.Add(
                    $"{SchedulingOptions.SectionName}:{later}:Patience ({options.Of(later).Patience}) must not be below that of {earlier} ({options.Of(earlier).Patience}): a lane that comes later waits at least as long before it passes");
            }
        }

        if (options.FastClaimsPerSlot > options.FastPrefetchPerSlot)
        {
            problems.Add(
                $"{SchedulingOptions.SectionName}:FastClaimsPerSlot ({options.FastClaimsPerSlot}) must not be above FastPrefetchPerSlot ({options.FastPrefetchPerSlot}): only what is here can be claimed");
        }

        if (options.FastRun * options.FastPrefetchPerSlot > options.GiveBackAfter)
        {
            problems.Add(
                $"{SchedulingOptions.SectionName}:FastRun ({options.FastRun}) times FastPrefetchPerSlot ({options.FastPrefetchPerSlot}) must not be above GiveBackAfter ({options.GiveBackAfter}): what is held in advance must start before it would be given back");
        }

        if (FindSlots() is { } slots && options.MaxExtraProcesses > slots)
        {
            problems.Add(
                $"{SchedulingOptions.SectionName}:MaxExtraProcesses ({options.MaxExtraProcesses}) must not be above {WorkerOptions.SectionName}:Slots ({slots}): an extra process makes a slot good");
        }

        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }

    /// <summary>Null when the worker's own options are wrong, which is said by themselves and must not hide what is wrong here.</summary>
    private int? FindSlots()
    {
        try
        {
            return worker.Value.Slots;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }
}
