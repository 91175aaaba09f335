using System.Globalization;

namespace TaskPipeline.Chaos.Plan;

/// <summary>One fault of a plan.</summary>
/// <param name="At">When it is due, from the begin of the load; later when the one before is not yet recovered from.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Target">Which of the workers or replicas, for the kinds that are done to one of them.</param>
/// <param name="Length">How long it lasts; zero for what happens at once.</param>
internal sealed record Fault(TimeSpan At, FaultKind Kind, int Target, TimeSpan Length)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{At.TotalSeconds,6:0.0} s  {Kind}{(HasTarget ? $" {Target}" : "")}{(Length > TimeSpan.Zero ? $" for {Length.TotalSeconds:0.0} s" : "")}");

    private bool HasTarget => Kind is FaultKind.WorkerKill or FaultKind.WorkerFreeze or FaultKind.ApiKill;
}
