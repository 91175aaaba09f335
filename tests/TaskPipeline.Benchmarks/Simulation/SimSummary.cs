namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>What is kept of one play: a million waits are not.</summary>
internal sealed record SimSummary
{
    public SimSummary(SimResult result)
    {
        (ShortP50, ShortP95, ShortP99) = (SimResult.Quantile(result.Short, 0.5), SimResult.Quantile(result.Short, 0.95), SimResult.Quantile(result.Short, 0.99));
        (LongP50, LongP95) = (SimResult.Quantile(result.Long, 0.5), SimResult.Quantile(result.Long, 0.95));
        ShortAsShortP95 = SimResult.Quantile(result.ShortAsShort, 0.95);
        ModestP95 = SimResult.Quantile(result.Modest, 0.95);
        LongLine = result.LongLine;
        InTime = result.Told > 0 ? (double)result.InTime / result.Told : null;
        (Refused, Demoted, Reserve) = (result.Refused, result.Demoted, result.Reserve);
    }

    public double ShortP50 { get; }

    public double ShortP95 { get; }

    public double ShortP99 { get; }

    public double LongP50 { get; }

    public double LongP95 { get; }

    /// <summary>Of short tasks that were taken for short ones.</summary>
    public double ShortAsShortP95 { get; }

    /// <summary>Of the short tasks of all clients but the greedy one.</summary>
    public double ModestP95 { get; }

    /// <summary>The length of the long line in each quarter of the arrivals, on average.</summary>
    public IReadOnlyList<double> LongLine { get; }

    /// <summary>The share of tasks that started within what they were told; null where nothing is told.</summary>
    public double? InTime { get; }

    public int Refused { get; }

    public int Demoted { get; }

    /// <summary>The reserve on average.</summary>
    public double Reserve { get; }
}

/// <summary>One row of the table: a trace under a policy, once for each seed.</summary>
/// <param name="Trace">The trace.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Seeds">What became of it, by seed.</param>
internal sealed record SimPlay(Trace Trace, SimPolicy Policy, IReadOnlyList<SimSummary> Seeds)
{
    /// <summary>The median over the seeds.</summary>
    public double Median(Func<SimSummary, double> value) => Statistics.Median([.. Seeds.Select(value)]);
}
