namespace TaskPipeline.Api.Lanes;

/// <summary>What happened in one lane during some time.</summary>
/// <param name="Arrivals">Tasks that were queued.</param>
/// <param name="Ended">Runs that ended.</param>
/// <param name="RunSeconds">How long those runs took in all.</param>
/// <param name="SlowSeconds">How much of that was after a demotion.</param>
internal readonly record struct LaneTally(double Arrivals, double Ended, double RunSeconds, double SlowSeconds)
{
    public static LaneTally operator +(LaneTally left, LaneTally right) => new(
        left.Arrivals + right.Arrivals, left.Ended + right.Ended, left.RunSeconds + right.RunSeconds, left.SlowSeconds + right.SlowSeconds);

    public static LaneTally operator *(LaneTally tally, double factor) =>
        new(tally.Arrivals * factor, tally.Ended * factor, tally.RunSeconds * factor, tally.SlowSeconds * factor);
}
