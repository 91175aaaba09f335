using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>
/// Announces the worker and says, for all of its tasks together, that they are alive. Answers may carry orders for each. A beat that
/// is not answered is followed by another soon, long before a lease could end.
/// </summary>
internal sealed class HeartbeatService(
    ReportSender sender, WorkerIdentity worker, AlgorithmCatalogue catalogue, NativeHostPool pool, RunningTasks running, DeliveryScheduler scheduler,
    TimeProvider time, IOptions<WorkerOptions> options, ILogger<HeartbeatService> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_shortestLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    private readonly WorkerOptions _options = options.Value;
    private volatile bool _draining;

    /// <summary>What the API was last told of the worker's problems; null before it was told anything.</summary>
    private string? _announced;

    /// <summary>Tells the API that this worker leaves: it is no longer listed, but its tasks still live.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        await BeatAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var answered = await AnnounceAsync(again: false, stoppingToken) && await BeatAsync(stoppingToken);
                await Task.Delay(answered || _options.Heartbeat < s_again ? _options.Heartbeat : s_again, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Announces the worker when it never was, when its problems have changed, and when the API asks for it. False when that was not answered.</summary>
    private async Task<bool> AnnounceAsync(bool again, CancellationToken cancellationToken)
    {
        string[] problems = pool.Problem is { } problem ? [.. catalogue.Problems, $"hosts do not start: {problem}"] : [.. catalogue.Problems];
        var state = string.Join('\n', problems);
        if (_draining || (!again && state == _announced))
        {
            return true;
        }

        var report = new AnnounceReport
        {
            Worker = worker.Id,
            Slots = _options.Slots,
            Algorithms = [.. catalogue.Entries.Values.Select(entry => entry.Description)],
            Problems = problems,
        };
        if (await SendAsync(report, cancellationToken) is not { Kind: VerdictKind.Stored })
        {
            return false;
        }

        _announced = state;
        Log.Announced(logger, worker.Id, _options.Slots, catalogue.Entries.Count);
        return true;
    }

    /// <summary>False when it was not answered.</summary>
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
        if (await SendAsync(report, cancellationToken) is not { } verdict)
        {
            return false;
        }

        for (var n = 0; n < held.Count && n < (verdict.Attempts?.Count ?? 0); n++)
        {
            Obey(held[n], verdict.Attempts![n]);
        }

        if (verdict.Lanes is { } orders)
        {
            scheduler.Obey(orders);
        }

        return !verdict.Announce || await AnnounceAsync(again: true, cancellationToken);
    }

    private void Obey(RunningTask task, AttemptVerdict verdict)
    {
        if (verdict.Kind == VerdictKind.Unknown)
        {
            // Not awaited: the next beat must not wait for it. One at a time for each task.
            task.Rebuilding = task.Rebuilding.IsCompleted ? RebuildAsync(task) : task.Rebuilding;
        }
        else
        {
            task.Obey(verdict.Kind, verdict.Cancel);
        }
    }

    /// <summary>The record is gone while the attempt runs on: a report that brings the message lets the API rebuild it.</summary>
    private async Task RebuildAsync(RunningTask task)
    {
        using var trace = AlgorithmActivitySource.Within(task.Message);
        Log.RecordLost(logger, task.Message.TaskId, task.Attempt);
        var (percent, stage) = task.Progress;
        var verdict = await sender.TrySendAsync(
            new ProgressReport
            {
                Worker = worker.Id,
                TaskId = task.Message.TaskId,
                ClaimId = task.ClaimId,
                Attempt = task.Attempt,
                Sequence = task.NextSequence(),
                Percent = percent,
                Stage = stage,
                Message = task.Message,
                TraceParent = task.Message.TraceParent,
            },
            CancellationToken.None);
        if (verdict is not null)
        {
            task.Obey(verdict.Kind, verdict.Cancel);
        }
    }

    private Task<ReportVerdict?> SendAsync(WorkerReport report, CancellationToken cancellationToken) =>
        sender.TrySendAloneAsync(report, _options.Heartbeat > s_shortestLimit ? _options.Heartbeat : s_shortestLimit, cancellationToken);
}
