namespace TaskPipeline.Api.Lanes;

/// <summary>
/// How many slots of the fleet long and background tasks must leave alone: as many as the quick lanes keep busy, at least one while they are
/// used at all, and never so many that the slow lanes lack what they need. Pure.
/// </summary>
internal static class FleetReserve
{
    /// <summary>A slot more is reserved only while the slow lanes would fill no more than this of what is left to them.</summary>
    private const double RaiseBelow = 0.93;

    /// <summary>A reserved slot is given back once they would certainly fill more than this. Between the two nothing changes, or chance would change it.</summary>
    private const double LowerAbove = 0.99;

    /// <summary>Quick lanes that keep less of one slot busy than this count as unused.</summary>
    private const double Unused = 0.01;

    /// <summary>The reserve of the fleet.</summary>
    /// <param name="slots">The slots of all workers.</param>
    /// <param name="quickLoad">The slots that the quick lanes keep busy.</param>
    /// <param name="slowLoad">The slots that the slow lanes and demoted tasks keep busy.</param>
    /// <param name="uncertainty">How far that may be off by chance, as a share of it.</param>
    /// <param name="current">The reserve as it is.</param>
    public static int Compute(int slots, double quickLoad, double slowLoad, double uncertainty, int current)
    {
        if (slots < 2 || quickLoad < Unused)
        {
            return 0;
        }

        var wanted = Math.Max(1, (int)Math.Ceiling(quickLoad));
        var kept = Math.Min(current, (int)Math.Floor(slots - (slowLoad * (1 - uncertainty) / LowerAbove)));
        var possible = Math.Max(kept, (int)Math.Floor(slots - (slowLoad / RaiseBelow)));
        return Math.Clamp(Math.Min(wanted, possible), 0, slots - 1);
    }

    /// <summary>The share of each worker, in proportion to its slots; a worker keeps one slot for everybody, so the sum may be less than the reserve.</summary>
    /// <param name="reserve">The reserve of the fleet.</param>
    /// <param name="slots">The slots of each worker, in an order that every replica agrees on.</param>
    public static int[] Share(int reserve, IReadOnlyList<int> slots)
    {
        var total = slots.Sum();
        var shares = new int[slots.Count];
        var (seen, given) = (0L, 0L);
        for (var n = 0; n < slots.Count; n++)
        {
            // What would be due to the first n workers together, less what they have got: rounding never adds up.
            seen += slots[n];
            var due = ((reserve * seen) + (total / 2)) / Math.Max(1, total);
            shares[n] = (int)Math.Clamp(due - given, 0, Math.Max(0, slots[n] - 1));
            given += shares[n];
        }

        for (var n = 0; n < slots.Count && given < reserve; n++)
        {
            var more = (int)Math.Min(reserve - given, Math.Max(0, slots[n] - 1 - shares[n]));
            shares[n] += more;
            given += more;
        }

        return shares;
    }
}
