using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>Announces the worker and says, for all of its tasks together, that they are alive. Answers may carry orders for each.</summary>
internal sealed class HeartbeatService(
    ReportSender sender, WorkerIdentity worker, AlgorithmCatalogue catalogue, NativeHostPool pool, RunningTasks running, DeliveryScheduler scheduler,
    TimeProvider time, IOptions<WorkerOptions> options, ILogger<HeartbeatService> logger)
    : BackgroundService
{
    private readonly WorkerOptions _options = options.Value;
    private volatile bool _draining;

    /// <summary>Tells the API that this worker leaves: it is no longer listed, but its tasks still live.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        return BeatAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Heartbeat, time);
        var announced = false;
        do
        {
            try
            {
                announced = announced || await AnnounceAsync(stoppingToken);
                announced = !await BeatAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
        while (await timer.WaitForNextTickAsync(CancellationToken.None) && !stoppingToken.IsCancellationRequested);
    }

    private async Task<bool> AnnounceAsync(CancellationToken cancellationToken)
    {
        string[] problems = pool.IsHealthy ? [.. catalogue.Problems] : [.. catalogue.Problems, "hosts do not start"];
        var verdict = await sender.TrySendAsync(
            new AnnounceReport
            {
                Worker = worker.Id,
                Slots = _options.Slots,
                Algorithms = [.. catalogue.Entries.Values.Select(entry => entry.Description)],
                Problems = problems,
            },
            cancellationToken);
        if (verdict is not { Kind: VerdictKind.Stored })
        {
            return false;
        }

        Log.Announced(logger, worker.Id, _options.Slots, catalogue.Entries.Count);
        return true;
    }

    /// <summary>True when the API does not know the worker and asks it to announce itself; it is then done at once.</summary>
    private async Task<bool> BeatAsync(CancellationToken cancellationToken)
    {
        var held = running.Held();
        var use = scheduler.Use();
        var report = new HeartbeatReport
        {
            Worker = worker.Id,
            Busy = running.Busy,
            SlowBusy = use.Slow,
            Waiting = use.Waiting,
            Draining = _draining,
            Running = [.. held.Select(task => new RunningAttempt(task.Message.TaskId, task.Attempt, task.ClaimId))],
        };
        var verdict = await sender.TrySendAsync(report, cancellationToken);
        for (var n = 0; n < held.Count && n < (verdict?.Attempts?.Count ?? 0); n++)
        {
            held[n].Obey(verdict!.Attempts![n].Kind, verdict.Attempts[n].Cancel);
        }

        if (verdict?.Lanes is { } orders)
        {
            scheduler.Obey(orders);
        }

        return verdict is { Announce: true } && !_draining && !await AnnounceAsync(cancellationToken);
    }
}
