namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>How a worker uses its slots.</summary>
/// <param name="Slow">How many tasks run on the slow account.</param>
/// <param name="Waiting">How many deliveries wait, by lane in the order of <see cref="Contracts.Lane"/>.</param>
internal sealed record LaneUse(int Slow, IReadOnlyList<int> Waiting);
