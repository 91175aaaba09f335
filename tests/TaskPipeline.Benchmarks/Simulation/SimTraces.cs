namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>The traces of the table.</summary>
internal static class SimTraces
{
    /// <summary>The trace that the promises are made for.</summary>
    public const string TheMix = "mix, load 0.9";

    public const string Loaded = "mix, load 0.95";
    public const string LongAsShort = "mix, 10 % of long taken for short";
    public const string Misjudged = "mix, 10 % of all misjudged";
    public const string OneGreedy = "one greedy client";

    public static IEnumerable<(Trace Trace, int Count)> All(double scale)
    {
        // A million: with fewer, the line of the mix wanders so slowly that its quantiles are those of the seed.
        var million = (int)(1_000_000 * scale);
        var count = (int)(200_000 * scale);
        yield return (Trace.Mix(TheMix, 1, 8, 0.9, million), million);
        yield return (Trace.Mix(Loaded, 1, 8, 0.95, million), million);
        yield return (Trace.Mix(LongAsShort, 1, 8, 0.9, million, longAsShort: 0.1), million);
        yield return (Trace.Mix(Misjudged, 1, 8, 0.9, million, shortAsLong: 0.1, longAsShort: 0.1), million);
        yield return (Trace.Pareto("Pareto, load 0.8", 1, 8, 0.8, count), count);
        yield return (Trace.Burst("burst", 1, 8, count), count);
        yield return (Trace.Greedy(OneGreedy, 1, 8, count), count);
        yield return (Trace.Mix("mix, 4 workers of 2 slots", 4, 2, 0.9, count), count);
        yield return (Trace.Mix("mix, 100 workers of 8 slots", 100, 8, 0.9, count), count);
        yield return (Trace.Mix("mix, 1,000 workers of 8 slots", 1000, 8, 0.9, million), million);
    }
}
