namespace TaskPipeline.Api.Lanes;

/// <summary>
/// How long runs took, as counts in <see cref="RunTimeBins"/>. Once it holds <see cref="MaxRuns"/> runs all counts are halved: the
/// newest few hundred decide, and neither its size nor its numbers grow. Not thread safe.
/// </summary>
internal sealed class RunTimeHistogram
{
    /// <summary>So many runs are held at the most.</summary>
    public const int MaxRuns = 512;

    /// <summary>An algorithm's own expectation counts as much as so many runs.</summary>
    public const int PriorRuns = 3;

    private readonly double[] _counts = new double[RunTimeBins.Count];

    /// <summary>How many runs it holds.</summary>
    public double Total { get; private set; }

    /// <summary>Adds runs to a bin.</summary>
    public void Add(int bin, double runs = 1)
    {
        _counts[bin] += runs;
        Total += runs;
        if (Total < MaxRuns)
        {
            return;
        }

        Total = 0;
        for (var n = 0; n < _counts.Length; n++)
        {
            // As Redis does it: whole runs only, so that what was rare is forgotten.
            _counts[n] = Math.Floor(_counts[n] / 2);
            Total += _counts[n];
        }
    }

    /// <summary>The longest run time of the bin in which the share <paramref name="quantile"/> of runs is reached; null without runs.</summary>
    /// <param name="quantile">Over 0 and at most 1.</param>
    /// <param name="expectedSeconds">What the algorithm says; counts as <see cref="PriorRuns"/> runs.</param>
    public double? Quantile(double quantile, double? expectedSeconds)
    {
        var prior = expectedSeconds is > 0 ? RunTimeBins.IndexOf(expectedSeconds.Value) : -1;
        var total = Total + (prior < 0 ? 0 : PriorRuns);
        if (total <= 0)
        {
            return null;
        }

        var (sum, last) = (0.0, 0);
        for (var bin = 0; bin < _counts.Length; bin++)
        {
            var runs = _counts[bin] + (bin == prior ? PriorRuns : 0);
            if (runs == 0)
            {
                continue;
            }

            (sum, last) = (sum + runs, bin);
            if (sum >= (quantile * total) - 1e-9)
            {
                break;
            }
        }

        return RunTimeBins.UpperEdge(last);
    }
}
