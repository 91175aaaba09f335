using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>What is compared.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Lanes">Whether there are lanes, or one line for all.</param>
/// <param name="Bounded">Whether there are a reserve, ageing, demotion, shares of clients, and a delivery in advance, as in the product; otherwise one ideal line.</param>
internal sealed record SimPolicy(string Name, bool Lanes, bool Bounded)
{
    public static readonly SimPolicy FirstComeFirstServed = new("first come first served", Lanes: false, Bounded: false);

    public static readonly SimPolicy StrictPriority = new("short first", Lanes: true, Bounded: false);

    public static readonly SimPolicy Ours = new("lanes", Lanes: true, Bounded: true);

    public static IReadOnlyList<SimPolicy> All { get; } = [FirstComeFirstServed, StrictPriority, Ours];

    /// <summary>The options of the scheduler: the product's own, or such that nothing ever passes.</summary>
    public SchedulingOptions Options()
    {
        var options = new SchedulingOptions();
        if (!Bounded)
        {
            options.Short.Patience = options.Long.Patience = options.Background.Patience = TimeSpan.FromDays(10_000);
        }

        return options;
    }
}
