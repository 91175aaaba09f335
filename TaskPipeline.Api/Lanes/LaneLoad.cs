using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// What the lanes have asked of the fleet lately: arrivals × mean run time, by lane. Counted in windows of five minutes, of which each weighs half of
/// the one <see cref="HalfLife"/> later. Arrivals and not ends are counted, so that a fleet that cannot keep up sees all of its load. Pure.
/// </summary>
internal sealed class LaneLoad
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>An hour, because few long tasks fit into less: their load would be mostly chance.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromHours(1);

    /// <summary>How many windows are looked at; what is older weighs less than a sixteenth.</summary>
    public const int Windows = 48;

    /// <summary>So many runs of the assumed length stand for what is not known yet.</summary>
    private const double PriorRuns = 3;

    private readonly LaneTally[] _rates;
    private readonly LaneTally[] _sums;
    private readonly double _outstaySeconds;

    private LaneLoad(LaneTally[] rates, LaneTally[] sums, double outstaySeconds)
    {
        _rates = rates;
        _sums = sums;
        _outstaySeconds = outstaySeconds;
    }

    /// <summary>The slots that all lanes keep busy.</summary>
    public double All => Enum.GetValues<Lane>().Sum(Of);

    /// <summary>The slots that urgent and short tasks keep busy.</summary>
    public double Quick => QuickOf(Lane.Urgent) + QuickOf(Lane.Short);

    /// <summary>The slots that long, background and demoted tasks keep busy.</summary>
    public double Slow => Of(Lane.Long) + Of(Lane.Background) + Of(Lane.Urgent) + Of(Lane.Short) - Quick;

    /// <summary>
    /// How far <see cref="Slow"/> may be off by chance, as a share of it: that of a Poisson stream of as many tasks as were seen, of any but extreme
    /// run times.
    /// </summary>
    public double SlowUncertainty => Math.Min(1, 1 / Math.Sqrt(Math.Max(1, _sums[(int)Lane.Long].Arrivals + _sums[(int)Lane.Background].Arrivals)));

    /// <summary>Measures. The tallies of each window stand in the order of <see cref="Lane"/>, the newest window, which is not over, first.</summary>
    /// <param name="windows">The windows; one without any event is null.</param>
    /// <param name="current">How much of the newest window has passed.</param>
    /// <param name="measuredFor">Since when there is anything to measure.</param>
    /// <param name="outstaySeconds">What a run takes that has outstayed a quick lane; the assumption for long lanes.</param>
    public static LaneLoad Measure(IReadOnlyList<LaneTally[]?> windows, TimeSpan current, TimeSpan measuredFor, double outstaySeconds)
    {
        var lanes = Enum.GetValues<Lane>().Length;
        var sums = new LaneTally[lanes];
        var seconds = 0.0;
        var weight = 1.0;
        var fade = Math.Pow(0.5, Window / HalfLife);
        var left = Math.Max(measuredFor.TotalSeconds, Window.TotalSeconds);
        for (var n = 0; n < windows.Count && left > 0; n++, weight *= fade)
        {
            var length = Math.Min(left, n == 0 ? current.TotalSeconds : Window.TotalSeconds);
            left -= length;
            seconds += weight * length;
            for (var lane = 0; windows[n] is { } window && lane < lanes; lane++)
            {
                sums[lane] += window[lane] * weight;
            }
        }

        return new LaneLoad([.. sums.Select(sum => sum * (1 / Math.Max(seconds, 1)))], sums, outstaySeconds);
    }

    /// <summary>Tasks that are queued each second.</summary>
    public double ArrivalsPerSecond(Lane lane) => _rates[(int)lane].Arrivals;

    /// <summary>The mean run time in seconds. A few assumed runs stand in for what is not known yet.</summary>
    public double MeanRunSeconds(Lane lane)
    {
        var assumed = lane is Lane.Urgent or Lane.Short ? _outstaySeconds / 4 : _outstaySeconds * 4;
        var sum = _sums[(int)lane];
        return (sum.RunSeconds + (PriorRuns * assumed)) / (sum.Ended + PriorRuns);
    }

    /// <summary>The slots that a lane keeps busy, on either account.</summary>
    public double Of(Lane lane) => ArrivalsPerSecond(lane) * MeanRunSeconds(lane);

    private double QuickOf(Lane lane)
    {
        var sum = _sums[(int)lane];
        return Of(lane) * (sum.RunSeconds > 0 ? 1 - (sum.SlowSeconds / sum.RunSeconds) : 1);
    }
}
