namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Decides what starts next: a pure function of the slots, the heads of the lanes and the ageing budget.
/// <list type="bullet">
/// <item>Work-conserving: while a head may start, one does.</item>
/// <item>The lanes come in their order, except that a head which has outwaited its lane's patience may pass those before it.</item>
/// <item>Passing costs one unit of the budget; every other start earns <see cref="SchedulingOptions.AgeingShare"/> of a unit, and no more than
/// one unit is kept. So of n starts at most 1 + n × share pass, and among starts that could be passed, one in 1 / share is.</item>
/// </list>
/// </summary>
internal static class LaneSchedule
{
    /// <summary>The next start; null when no head may start.</summary>
    /// <param name="slots">Who holds the slots.</param>
    /// <param name="heads">The heads of the lanes that have one, in the order of the lanes.</param>
    /// <param name="budget">The units that ageing has left.</param>
    /// <param name="options">Patience and weight of each lane.</param>
    public static LaneDecision? Next(in SlotCounts slots, ReadOnlySpan<LaneHead> heads, double budget, SchedulingOptions options)
    {
        LaneDecision? first = null;
        LaneDecision? aged = null;
        var claim = 0.0;
        foreach (var head in heads)
        {
            if (slots.Startable(head.Lane) == 0)
            {
                continue;
            }

            if (first is null)
            {
                first = new LaneDecision(head.Lane, Aged: false);
                continue;
            }

            var limits = options.Of(head.Lane);
            var overdue = (head.Waited - limits.Patience).TotalSeconds * limits.Weight;
            if (overdue >= 0 && (aged is null || overdue > claim))
            {
                (aged, claim) = (new LaneDecision(head.Lane, Aged: true), overdue);
            }
        }

        return budget >= 1 && aged is not null ? aged : first;
    }

    /// <summary>The budget after a start.</summary>
    public static double Charge(double budget, LaneDecision start, SchedulingOptions options) =>
        start.Aged ? budget - 1 : Math.Min(1, budget + options.AgeingShare);
}
