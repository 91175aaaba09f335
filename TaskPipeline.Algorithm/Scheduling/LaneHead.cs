using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>The first waiting delivery of a lane that may run here.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Waited">How long it has waited, in the broker and here.</param>
internal readonly record struct LaneHead(Lane Lane, TimeSpan Waited);
