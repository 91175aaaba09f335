using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// The wait that a place in a lane is expected to mean, before it is corrected by what such expectations proved worth (<see cref="WaitCalibration"/>). Pure.
/// <para>
/// Quick lanes: with q quick and s slow tasks running of mean run times m and M, about C(t) = q·t/m + s·(1 − e^(−t/M)) + s·(t − M·(1 − e^(−t/M)))/m slots
/// become free within t: those of quick tasks, and those of slow tasks, which are quick ones' then. The wait is the t with C(t) = tasks ahead − free slots + 1.
/// </para>
/// <para>
/// Slow lanes: they have what the quick lanes do not use on average, a = slots − max(reserve, quick load); background only what long tasks leave of that, at least a twentieth. The wait is
/// the run time of the tasks ahead divided by a.
/// </para>
/// </summary>
internal static class WaitModel
{
    /// <summary>A wait that is never reached in practice; what has no end is told as this.</summary>
    public const double LongestSeconds = 30 * 86_400;

    private const double LeastShare = 0.05;

    /// <summary>The expected wait in seconds; null while there is no worker.</summary>
    /// <param name="fleet">The fleet.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="ahead">The tasks of the lane that come before.</param>
    public static double? ExpectedSeconds(FleetFigures fleet, Lane lane, double ahead) =>
        fleet.Slots == 0 ? null : Math.Min(LongestSeconds, lane is Lane.Urgent or Lane.Short ? Quick(fleet, lane, ahead) : Slow(fleet, lane, ahead));

    private static double Quick(FleetFigures fleet, Lane lane, double ahead)
    {
        var quick = fleet.Running[(int)Lane.Urgent] + fleet.Running[(int)Lane.Short];
        var slow = fleet.Running[(int)Lane.Long] + fleet.Running[(int)Lane.Background];
        var before = ahead + (lane == Lane.Short ? fleet.Waiting[(int)Lane.Urgent] : 0);
        var needed = before - Math.Max(0, fleet.Slots - quick - slow) + 1;
        if (needed <= 0)
        {
            return 0;
        }

        // What is about to start counts as running: a slot that is free now is used by then.
        quick = Math.Max(Math.Max(quick, fleet.Slots - slow), 0);
        var quickRun = Math.Max(0.001, fleet.Load.MeanRunSeconds(lane));
        var slowRun = Math.Max(0.001, fleet.Load.MeanRunSeconds(Lane.Long));
        double Freed(double t)
        {
            var gone = 1 - Math.Exp(-t / slowRun);
            return (quick * t / quickRun) + (slow * gone) + (slow * (t - (slowRun * gone)) / quickRun);
        }

        var (low, high) = (0.0, 1.0);
        while (Freed(high) < needed && high < LongestSeconds)
        {
            high *= 2;
        }

        for (var step = 0; step < 30; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = Freed(middle) < needed ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static double Slow(FleetFigures fleet, Lane lane, double ahead)
    {
        var load = fleet.Load;
        var running = fleet.Running.Sum();
        var slow = fleet.Running[(int)Lane.Long] + fleet.Running[(int)Lane.Background];
        var quickWaiting = fleet.Waiting[(int)Lane.Urgent] + fleet.Waiting[(int)Lane.Short];
        var free = Math.Max(0, Math.Min(fleet.Slots - fleet.Reserved - slow, fleet.Slots - running - quickWaiting));
        var longBefore = lane == Lane.Background ? fleet.Waiting[(int)Lane.Long] : 0;
        if (ahead + longBefore < free)
        {
            return 0;
        }

        var share = Math.Max(fleet.Slots * LeastShare, fleet.Slots - Math.Max(fleet.Reserved, load.Quick));
        var own = load.MeanRunSeconds(lane);
        var work = ((ahead - free + 1) * own) + (longBefore * load.MeanRunSeconds(Lane.Long));
        return Math.Max(0, work) / (lane == Lane.Background ? Math.Max(share * LeastShare, share - load.Of(Lane.Long)) : share);
    }
}
