using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>What starts next.</summary>
/// <param name="Lane">The lane whose head starts.</param>
/// <param name="Aged">It passes a lane that comes before it, because it has waited longer than its patience; paid from the budget.</param>
internal readonly record struct LaneDecision(Lane Lane, bool Aged);
