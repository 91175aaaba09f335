using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>A task that runs.</summary>
/// <param name="slot">Its slot.</param>
/// <param name="startedAt">When it was started.</param>
internal sealed class SimRun(RunningSlot<SimTask> slot, double startedAt)
{
    public RunningSlot<SimTask> Slot { get; } = slot;

    public double StartedAt { get; } = startedAt;

    /// <summary>What is left of its work.</summary>
    public double Left { get; set; } = slot.Item.Work;

    /// <summary>Whether its priority was lowered.</summary>
    public bool Lowered { get; set; }

    public double? DemotedAt { get; set; }
}
