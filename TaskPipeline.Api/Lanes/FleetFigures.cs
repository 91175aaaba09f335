using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>The fleet at a moment, as far as waiting depends on it.</summary>
/// <param name="Slots">The slots of all workers.</param>
/// <param name="Reserved">How many of them the slow lanes leave alone.</param>
/// <param name="Waiting">The tasks that wait, by lane in the order of <see cref="Lane"/>.</param>
/// <param name="Running">The tasks that run, likewise.</param>
/// <param name="Load">What the lanes ask for.</param>
internal sealed record FleetFigures(int Slots, int Reserved, IReadOnlyList<double> Waiting, IReadOnlyList<double> Running, LaneLoad Load);
