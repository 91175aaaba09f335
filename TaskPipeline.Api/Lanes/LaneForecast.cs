using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>What can be told about waiting, from the figures of one moment. Thread safe; never answers differently.</summary>
/// <param name="fleet">The fleet.</param>
/// <param name="waits">What expectations proved worth, by lane.</param>
/// <param name="lines">The lines.</param>
/// <param name="options">What the lanes promise.</param>
internal sealed class LaneForecast(FleetFigures fleet, IReadOnlyList<WaitCalibration> waits, LaneLines lines, LaneOptions options)
{
    /// <summary>Nothing stands further back.</summary>
    private const long Furthest = 1L << 40;

    /// <summary>What is queued at the least for each slot before anything is held back. More lets a flood stand before everybody else for longer.</summary>
    private const double LeastQueuedPerSlot = 2;

    /// <summary>What was answered last, by lane.</summary>
    private readonly Place?[] _places = new Place?[Enum.GetValues<Lane>().Length];

    public FleetFigures Fleet => fleet;

    public LaneLines Lines => lines;

    /// <summary>Before anything is known: no worker, empty lines.</summary>
    public static LaneForecast Unknown(LaneOptions options)
    {
        var lanes = Enum.GetValues<Lane>();
        var load = LaneLoad.Measure([], TimeSpan.Zero, TimeSpan.Zero, outstaySeconds: 2);
        return new LaneForecast(
            new FleetFigures(Slots: 0, Reserved: 0, new double[lanes.Length], new double[lanes.Length], load),
            [.. lanes.Select(_ => new WaitCalibration())],
            new LaneLines(DateTimeOffset.UnixEpoch, MeasuredSince: null, Reserve: 0, [.. lanes.Select(_ => LaneLine.Empty)]),
            options);
    }

    /// <summary>The wait that a place is expected to mean, in seconds; null while there is no worker.</summary>
    public double? Expected(Lane lane, double ahead) => WaitModel.ExpectedSeconds(fleet, lane, ahead);

    /// <summary>The wait that a task is told, in seconds: the share <see cref="LaneOptions.Quantile"/> of tasks starts within it. Null while there is no worker.</summary>
    public double? Told(Lane lane, double ahead) =>
        Expected(lane, ahead) is { } expected ? waits[(int)lane].Told(expected, options.Quantile) : null;

    /// <summary>How many may be ahead of a task that is told no more than so many seconds. Without a worker nothing is known and nothing refused.</summary>
    /// <remarks>Asked for each submission, mostly with the same limit: the last answer of each lane is kept.</remarks>
    public long MaxAhead(Lane lane, double seconds)
    {
        if (Volatile.Read(ref _places[(int)lane]) is { } last && last.Seconds.Equals(seconds))
        {
            return last.MaxAhead;
        }

        var maxAhead = FindMaxAhead(lane, seconds);
        Volatile.Write(ref _places[(int)lane], new Place(seconds, maxAhead));
        return maxAhead;
    }

    /// <summary>
    /// From how many queued tasks on a client's share is looked at: the work of <see cref="LaneOptions.HoldBackAfter"/> for the slots that the other account leaves to the lane, at
    /// least <see cref="LeastQueuedPerSlot"/> for each slot, so that none is ever free for want of what was held back.
    /// </summary>
    public long HoldFrom(Lane lane)
    {
        if (fleet.Slots == 0)
        {
            return Furthest;
        }

        var others = lane is Lane.Urgent or Lane.Short ? Math.Min(fleet.Load.Slow, fleet.Slots - fleet.Reserved) : Math.Max(fleet.Reserved, fleet.Load.Quick);
        var slots = Math.Max(1, fleet.Slots - others);
        return (long)Math.Ceiling(Math.Max(LeastQueuedPerSlot * fleet.Slots, slots * options.HoldBackAfter.TotalSeconds / Math.Max(0.0001, fleet.Load.MeanRunSeconds(lane))));
    }

    private long FindMaxAhead(Lane lane, double seconds)
    {
        if (fleet.Slots == 0 || Told(lane, Furthest) <= seconds)
        {
            return Furthest;
        }

        var (low, high) = (0L, Furthest);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = Told(lane, middle) > seconds ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private sealed record Place(double Seconds, long MaxAhead);
}
