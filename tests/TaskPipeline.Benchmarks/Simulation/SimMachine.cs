namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>
/// The processors of one worker. What runs shares them by weight, nobody gets more than one: while no more run than there are processors each has
/// its own; beyond that all become slower, those with a lowered priority most. Linux' weights: 1024 for nice 0, 110 for nice 10.
/// </summary>
internal sealed class SimMachine(int processors)
{
    private const double NormalWeight = 1024;
    private const double LoweredWeight = 110;

    private readonly List<SimRun> _runs = [];
    private double _at;

    /// <summary>Brings all runs to a time.</summary>
    public void Advance(double now)
    {
        var (normal, lowered) = Rates();
        foreach (var run in _runs)
        {
            run.Left -= (now - _at) * (run.Lowered ? lowered : normal);
        }

        _at = now;
    }

    public void Add(SimRun run) => _runs.Add(run);

    /// <summary>When the next run ends if nothing changes; null when nothing runs.</summary>
    public (double At, SimRun Run)? Next()
    {
        var (normal, lowered) = Rates();
        (double At, SimRun Run)? next = null;
        foreach (var run in _runs)
        {
            var at = _at + (Math.Max(0, run.Left) / (run.Lowered ? lowered : normal));
            if (next is null || at < next.Value.At)
            {
                next = (at, run);
            }
        }

        return next;
    }

    public void Remove(SimRun run) => _runs.Remove(run);

    private (double Normal, double Lowered) Rates()
    {
        if (_runs.Count <= processors)
        {
            return (1, 1);
        }

        var normal = 0;
        foreach (var run in _runs)
        {
            normal += run.Lowered ? 0 : 1;
        }

        var lowered = _runs.Count - normal;
        var share = processors / ((normal * NormalWeight) + (lowered * LoweredWeight));
        return share * NormalWeight >= 1 && lowered > 0
            ? (1, (double)(processors - normal) / lowered)
            : (share * NormalWeight, share * LoweredWeight);
    }
}
