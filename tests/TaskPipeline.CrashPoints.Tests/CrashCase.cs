using TaskPipeline.Chaos.Load;

namespace TaskPipeline.CrashPoints.Tests;

/// <summary>How a point is reached, and what must come of the task all the same.</summary>
/// <param name="Plan">The task whose way leads there.</param>
/// <param name="Outcomes">How its attempts end, in their order.</param>
internal sealed record CrashCase(TaskPlan Plan, params string[] Outcomes)
{
    /// <summary>Lives the task, with whatever has to happen beside it for the point to be reached; nothing by default.</summary>
    public Func<CrashPointTopology, TaskJourney, Func<Task>, Task> LiveAsync { get; init; } = (_, _, live) => live();
}
