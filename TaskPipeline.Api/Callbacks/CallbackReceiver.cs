using Microsoft.Extensions.Options;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Publishing;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Callbacks;

/// <summary>Turns reports into triggers and what the state machine says into verdicts. Every report is safe to repeat.</summary>
internal sealed class CallbackReceiver(
    ITaskStore store, IWorkerRegistry workers, TaskDispatcher dispatcher, LaneBoard lanes, IHostApplicationLifetime lifetime,
    IOptions<LifecycleOptions> lifecycle, ILogger<CallbackReceiver> logger)
{
    private readonly double _leaseSeconds = lifecycle.Value.Lease.TotalSeconds;

    /// <summary>The verdicts in the order of the reports. Reports of one task are applied one after the other, all else in one round.</summary>
    public async Task<ReportVerdict[]> ReceiveAsync(IReadOnlyList<(WorkerReport? Report, string? Problem)> reports, CancellationToken cancellationToken)
    {
        var round = store.BeginRound(cancellationToken);
        var receiving = new Task<ReportVerdict>[reports.Count];
        var newest = new Dictionary<TaskId, Task<ReportVerdict>>(reports.Count);
        for (var n = 0; n < receiving.Length; n++)
        {
            var (report, problem) = reports[n];
            if (report is not TaskReport { TaskId: var id })
            {
                receiving[n] = ReceiveOneAsync(report, problem, round, cancellationToken);
                continue;
            }

            receiving[n] = newest.TryGetValue(id, out var before)
                ? ReceiveAfterAsync(before, report, problem, round, cancellationToken)
                : ReceiveOneAsync(report, problem, round, cancellationToken);
            newest[id] = receiving[n];
        }

        round.Send();
        return await Task.WhenAll(receiving);
    }

    private async Task<ReportVerdict> ReceiveAfterAsync(Task before, WorkerReport report, string? problem, ITaskRound round, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await ReceiveOneAsync(report, problem, round, cancellationToken);
    }

    private async Task<ReportVerdict> ReceiveOneAsync(WorkerReport? report, string? problem, ITaskRound round, CancellationToken cancellationToken)
    {
        if (report is null || problem is not null)
        {
            Log.ReportInvalid(logger, problem ?? "it is null");
            return new ReportVerdict { Kind = VerdictKind.Invalid, Reason = problem };
        }

        using var activity = report is TaskReport about ? ApiActivitySource.StartReport(about) : null;
        var verdict = await DecideAsync(report, round, cancellationToken);
        ApiActivitySource.End(activity, verdict);
        return verdict;
    }

    private async Task<ReportVerdict> DecideAsync(WorkerReport report, ITaskRound round, CancellationToken cancellationToken)
    {
        try
        {
            return report switch
            {
                AnnounceReport announce => await AnnounceAsync(announce, cancellationToken),
                HeartbeatReport heartbeat => await BeatAsync(heartbeat, cancellationToken),
                DemotedReport demoted => Learn(demoted),
                TaskReport task => await ApplyAsync(task, round, cancellationToken),
                _ => throw new InvalidOperationException($"{report.GetType().Name} is not a report"),
            };
        }
        catch (StoreUnavailableException exception)
        {
            return new ReportVerdict { Kind = VerdictKind.Retry, Reason = exception.Message };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One report must not cost the others of its batch their verdicts.
            Log.ReportFailed(logger, exception, report.GetType().Name);
            return new ReportVerdict { Kind = VerdictKind.Retry, Reason = "the API failed" };
        }
    }

    private async Task<ReportVerdict> AnnounceAsync(AnnounceReport report, CancellationToken cancellationToken)
    {
        await workers.AnnounceAsync(report, cancellationToken);
        Log.WorkerAnnounced(logger, report.Worker, report.Slots, report.Algorithms.Count);
        return new ReportVerdict { Kind = VerdictKind.Stored };
    }

    private async Task<ReportVerdict> BeatAsync(HeartbeatReport report, CancellationToken cancellationToken)
    {
        var attempts = await store.RenewAsync(report.Running, cancellationToken);
        var known = await workers.BeatAsync(report, cancellationToken);
        return new ReportVerdict { Kind = VerdictKind.Stored, Attempts = attempts, Announce = !known, Lanes = lanes.OrdersFor(report.Worker) };
    }

    private ReportVerdict Learn(DemotedReport report)
    {
        lanes.Demoted(report);
        return new ReportVerdict { Kind = VerdictKind.Stored };
    }

    private async Task<ReportVerdict> ApplyAsync(TaskReport report, ITaskRound round, CancellationToken cancellationToken)
    {
        var trigger = ToTrigger(report);
        if (trigger is TaskTrigger.Finish)
        {
            CrashPoint.Reach(CrashPoints.FinishReceived);
        }

        var result = await round.ApplyAsync(report.TaskId, trigger);
        if (result is null)
        {
            if (report.Message is null)
            {
                return new ReportVerdict { Kind = VerdictKind.Unknown };
            }

            if (!await store.RebuildAsync(report.Message, ToRebuilt(report), cancellationToken))
            {
                Log.RebuildRefused(logger, report.TaskId);
                return new ReportVerdict { Kind = VerdictKind.Stale, Reason = "the message is older than the retention" };
            }

            Log.Rebuilt(logger, report.TaskId);
            result = await round.ApplyAsync(report.TaskId, trigger);
        }

        if (result is TransitionResult.Applied applied)
        {
            ReachStored(trigger);
            Note(applied, trigger);
        }

        return result is null ? new ReportVerdict { Kind = VerdictKind.Unknown } : ToVerdict(result, trigger);
    }

    private void Note(TransitionResult.Applied applied, TaskTrigger trigger)
    {
        var record = applied.Record;
        if (trigger is TaskTrigger.Claim)
        {
            lanes.Started(record);
        }
        else if (trigger is TaskTrigger.Finish finish)
        {
            lanes.Ended(record, finish.Report);
        }

        if (applied.Publish)
        {
            // Not awaited: the worker's answer must not wait for the broker, and the task's timer stands behind it.
            _ = dispatcher.DispatchAsync(record, lifetime.ApplicationStopped);
        }
    }

    private static void ReachStored(TaskTrigger trigger)
    {
        switch (trigger)
        {
            case TaskTrigger.Claim:
                CrashPoint.Reach(CrashPoints.ClaimStored);
                break;
            case TaskTrigger.Finish:
                CrashPoint.Reach(CrashPoints.FinishStored);
                break;
            case TaskTrigger.Release:
                CrashPoint.Reach(CrashPoints.ReleaseStored);
                break;
            default:
                break;
        }
    }

    private static TaskTrigger ToTrigger(TaskReport report) => report switch
    {
        StartedReport started => new TaskTrigger.Claim(started.Dispatch, started.ClaimId, started.Worker),
        ProgressReport progress => new TaskTrigger.Progress(progress.Attempt, progress.ClaimId, progress.Sequence, progress.Percent, progress.Stage),
        FinishedReport finished => new TaskTrigger.Finish(finished),
        ReleasedReport released => new TaskTrigger.Release(released.Attempt, released.ClaimId, released.Sequence, released.Reason),
        _ => throw new InvalidOperationException($"{report.GetType().Name} is not a report about a task"),
    };

    /// <summary>A claim rebuilds a pending task; every other report comes from an attempt that runs or ran.</summary>
    private static RebuiltAttempt? ToRebuilt(TaskReport report) =>
        report is AttemptReport attempt ? new RebuiltAttempt(attempt.Attempt, attempt.ClaimId, attempt.Worker) : null;

    private ReportVerdict ToVerdict(TransitionResult result, TaskTrigger trigger) => result switch
    {
        TransitionResult.Refused refused => new ReportVerdict
        {
            Kind = refused.Reason switch
            {
                RefusalReason.Cancelled => VerdictKind.Cancelled,
                RefusalReason.Busy => VerdictKind.Busy,
                _ => VerdictKind.Stale,
            },
        },
        TransitionResult.Applied { Record: var record } => Accepted(record, trigger),
        TransitionResult.Unchanged { Record: var record } => Accepted(record, trigger),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "not a result"),
    };

    private ReportVerdict Accepted(TaskRecord record, TaskTrigger trigger) => trigger is TaskTrigger.Claim
        ? new ReportVerdict { Kind = VerdictKind.Granted, Attempt = record.Attempt, LeaseSeconds = _leaseSeconds, Cancel = record.CancelRequested }
        : new ReportVerdict { Kind = VerdictKind.Stored, Cancel = record is { CancelRequested: true, IsTerminal: false } };
}
