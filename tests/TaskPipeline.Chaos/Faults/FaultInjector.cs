using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Load;
using TaskPipeline.Chaos.Plan;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Faults;

/// <summary>Carries a plan out: each fault when it is due and the one before is recovered from.</summary>
internal sealed class FaultInjector(LocalTopology topology, LoadGenerator load, Findings findings, Action<string> say)
{
    /// <summary>An application that has not come back by then is not coming back by itself.</summary>
    private static readonly TimeSpan s_recoveryLimit = TimeSpan.FromSeconds(60);

    /// <summary>A lease, twice when timers were not served meanwhile, and the timer's own delay.</summary>
    private static readonly TimeSpan s_lossIsSeen = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly List<Recovery> _recoveries = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _workerOutages = [];

    /// <summary>What was done and how long it took to come back. Read when <see cref="RunAsync"/> has returned.</summary>
    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    /// <summary>When a worker was dead or frozen, each with the lease that may end after it. Read when <see cref="RunAsync"/> has returned.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> WorkerOutages => _workerOutages;

    /// <summary>How many faults were done, recovered from or not.</summary>
    public int Done { get; private set; }

    /// <summary>Returns when the plan is over, or the load is: what is due after it is left out.</summary>
    public async Task RunAsync(IReadOnlyList<Fault> plan, CancellationToken loadOver, CancellationToken giveUp)
    {
        using var tool = new FaultTool(topology);
        using var probe = new HealthProbe(topology);
        var begun = TimeProvider.System.GetTimestamp();
        foreach (var fault in plan)
        {
            var left = fault.At - TimeProvider.System.GetElapsedTime(begun);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, TimeProvider.System, loadOver).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (loadOver.IsCancellationRequested)
            {
                return;
            }

            var at = TimeProvider.System.GetElapsedTime(begun);
            var from = TimeProvider.System.GetUtcNow();
            say($"fault: {fault.Kind}");
            try
            {
                await tool.DoAsync(fault, giveUp);
                Done++;
                if (fault.Kind is FaultKind.WorkerKill or FaultKind.WorkerFreeze)
                {
                    _workerOutages.Add((from, TimeProvider.System.GetUtcNow() + s_lossIsSeen));
                }

                await RecoverAsync(fault, at, probe, giveUp);
            }
            catch (Exception exception) when (exception is TimeoutException or StackExchange.Redis.RedisException)
            {
                findings.Add($"{fault.Kind} at {at.TotalSeconds:0.0} s: {exception.Message}");
            }
        }
    }

    private async Task RecoverAsync(Fault fault, TimeSpan at, HealthProbe probe, CancellationToken giveUp)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var since = TimeProvider.System.GetUtcNow();
        var (completed, healthy) = (TimeSpan.Zero, TimeSpan.Zero);
        while (completed == TimeSpan.Zero || healthy == TimeSpan.Zero)
        {
            await Task.Delay(s_look, TimeProvider.System, giveUp);
            var now = TimeProvider.System.GetElapsedTime(begun);
            if (completed == TimeSpan.Zero && load.Journeys.Any(journey => IsCompletedSince(journey, since)))
            {
                completed = now;
            }

            if (healthy == TimeSpan.Zero && await probe.IsWholeAsync(giveUp))
            {
                healthy = now;
            }

            if (now > s_recoveryLimit)
            {
                throw new TimeoutException($"no recovery within {s_recoveryLimit.TotalSeconds:0} s: {(completed == TimeSpan.Zero ? "no task completed" : "")} {(healthy == TimeSpan.Zero ? "not healthy" : "")}");
            }
        }

        _recoveries.Add(new Recovery(fault, at, completed, healthy));
    }

    private static bool IsCompletedSince(TaskJourney journey, DateTimeOffset since) =>
        journey.AcceptedAt > since && journey.End is { } end && TaskAudit.EndOf(end) == "completed";
}
