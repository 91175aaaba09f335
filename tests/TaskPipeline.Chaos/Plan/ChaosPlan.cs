namespace TaskPipeline.Chaos.Plan;

/// <summary>
/// Which faults a run has, and when: a pure function of seed and duration. Every kind comes once in each round, rounds in an order of
/// their own; after each fault there is time to recover before the next, and before the end of the load.
/// </summary>
internal static class ChaosPlan
{
    /// <summary>Longer than the longest lease of a run.</summary>
    public static readonly TimeSpan ShortestFreeze = TimeSpan.FromSeconds(6);

    /// <summary>A quorum queue that is younger than this may lose what it has confirmed.</summary>
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(4);

    private static readonly FaultKind[] s_kinds = Enum.GetValues<FaultKind>();

    public static IReadOnlyList<Fault> Draw(int seed, TimeSpan duration, int workers, int apis)
    {
        var random = new Random(seed);
        var faults = new List<Fault>();
        var at = s_first;
        while (true)
        {
            FaultKind[] round = [.. s_kinds];
            random.Shuffle(round);
            foreach (var kind in round)
            {
                // All draws are made for each fault, so that a longer run begins as a shorter one of the same seed does.
                var length = kind == FaultKind.WorkerFreeze ? ShortestFreeze + TimeSpan.FromSeconds(random.NextDouble() * 2) : TimeSpan.Zero;
                var target = random.Next(kind == FaultKind.ApiKill ? apis : workers);
                var pause = TimeSpan.FromSeconds(random.NextDouble());
                if (at + length + Recovery(kind) > duration)
                {
                    return faults;
                }

                faults.Add(new Fault(at, kind, target, length));
                at += length + Recovery(kind) + pause;
            }
        }
    }

    /// <summary>What the application needs, at most, on a machine that is not busy otherwise.</summary>
    public static TimeSpan Recovery(FaultKind kind) => TimeSpan.FromSeconds(kind switch
    {
        FaultKind.BrokerKill => 11,
        FaultKind.RedisKill or FaultKind.WorkerKill => 5,
        FaultKind.ApiKill or FaultKind.BrokerCut or FaultKind.WorkerFreeze => 4,
        FaultKind.RedisCut => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of fault"),
    });
}
