using System.Globalization;
using TaskPipeline.Chaos.Plan;

namespace TaskPipeline.Chaos.Faults;

/// <summary>How the application came back from a fault.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="At">When, from the begin of the load.</param>
/// <param name="Completed">Until a task that was accepted after the fault had completed.</param>
/// <param name="Healthy">Until every replica was healthy again and every worker announced.</param>
internal sealed record Recovery(Fault Fault, TimeSpan At, TimeSpan Completed, TimeSpan Healthy)
{
    public TimeSpan Longest => Completed > Healthy ? Completed : Healthy;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Fault.Kind} at {At.TotalSeconds:0.0} s: next task completed after {Completed.TotalSeconds:0.0} s, healthy after {Healthy.TotalSeconds:0.0} s");
}
