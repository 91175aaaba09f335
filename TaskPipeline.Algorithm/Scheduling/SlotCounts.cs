using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Who holds the slots of a worker. There are two accounts: the quick one of <c>urgent</c> and <c>short</c>, which may use every
/// slot, and the slow one of <c>long</c>, <c>background</c> and what was demoted, which never starts on the reserved ones.
/// </summary>
/// <param name="Slots">How many tasks run at a time.</param>
/// <param name="Reserved">How many of them the slow account must leave alone.</param>
/// <param name="MaxExtra">How many demoted tasks may be made good by an extra process.</param>
/// <param name="Quick">Running on the quick account.</param>
/// <param name="Slow">Running on the slow account, demoted ones included.</param>
/// <param name="Demoted">Running after they were demoted.</param>
internal readonly record struct SlotCounts(int Slots, int Reserved, int MaxExtra, int Quick, int Slow, int Demoted)
{
    /// <summary>The slots of the slow account: never none, or a task that only this worker can run would wait for ever.</summary>
    public int SlowSlots => Math.Max(1, Slots - Reserved);

    /// <summary>The slots that demoted tasks took from the quick account, and that an extra process makes good.</summary>
    public int Extra => Math.Clamp(Math.Min(Slow - SlowSlots, Demoted), 0, MaxExtra);

    /// <summary>How many tasks of a lane can start now.</summary>
    public int Startable(Lane lane) => IsQuick(lane)
        ? Math.Max(0, Slots + Extra - Quick - Slow)
        : Math.Max(0, Math.Min(Slots - Quick - Slow, SlowSlots - Slow));

    /// <summary>Whether a lane runs on the quick account.</summary>
    public static bool IsQuick(Lane lane) => lane is Lane.Urgent or Lane.Short;
}
