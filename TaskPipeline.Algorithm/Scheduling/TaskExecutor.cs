using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>One delivery from its claim to the acknowledgement. Whatever refuses the claim means: acknowledge and forget.</summary>
internal sealed class TaskExecutor(
    ReportSender sender, WorkerIdentity worker, RunningTasks running, AlgorithmCatalogue catalogue, NativeRunner runner, ILogger<TaskExecutor> logger)
{
    /// <summary>Executes. The slot is given back as soon as the native code is done; the report takes as long as it takes.</summary>
    public async Task ExecuteAsync(Delivery delivery, IDisposable slot)
    {
        if (running.Register(delivery.Message) is not { } task)
        {
            // Delivered again while its first run lives here: that run owns the task.
            await delivery.AcknowledgeAsync();
            return;
        }

        try
        {
            CrashPoint.Reach(CrashPoints.Delivered);
            if (await ClaimAsync(task))
            {
                await RunAsync(task, slot);
            }

            await delivery.AcknowledgeAsync();
            CrashPoint.Reach(CrashPoints.Acknowledged);
        }
        finally
        {
            running.Remove(task);
        }
    }

    private async Task<bool> ClaimAsync(RunningTask task)
    {
        var claim = new StartedReport
        {
            Worker = worker.Id,
            TaskId = task.Message.TaskId,
            ClaimId = task.ClaimId,
            Dispatch = task.Message.Dispatch,
            TraceParent = task.Message.TraceParent,
        };
        var verdict = await sender.SendAsync(claim, task.Message, CancellationToken.None);
        if (verdict is not { Kind: VerdictKind.Granted, Attempt: { } attempt })
        {
            Log.ClaimRefused(logger, task.Message.TaskId, task.Message.Dispatch, verdict.Kind);
            CrashPoint.Reach(CrashPoints.Refused);
            return false;
        }

        task.Attempt = attempt;
        task.Obey(verdict.Kind, verdict.Cancel);
        CrashPoint.Reach(CrashPoints.Claimed);
        return true;
    }

    private async Task RunAsync(RunningTask task, IDisposable slot)
    {
        using var activity = AlgorithmActivitySource.StartRun(task.Message, task.Attempt, worker.Id);
        TaskReport report;
        if (!catalogue.Entries.TryGetValue(task.Message.Submission.Algorithm, out var entry))
        {
            report = Release(task, ReleaseReason.AlgorithmMissing);
        }
        else
        {
            try
            {
                var end = await runner.RunAsync(task, entry, slot);
                report = end.Stopped == StopReason.Abandoned ? Release(task, ReleaseReason.Draining) : Finish(task, end);
            }
            catch (HostStartException)
            {
                report = Release(task, ReleaseReason.CannotStart);
            }
        }

        AlgorithmActivitySource.End(activity, report);
        slot.Dispose();
        CrashPoint.Reach(CrashPoints.Ended);
        await sender.SendAsync(report with { TraceParent = activity?.Id ?? task.Message.TraceParent }, task.Message, CancellationToken.None);
        CrashPoint.Reach(CrashPoints.Reported);
    }

    private FinishedReport Finish(RunningTask task, AttemptEnd end)
    {
        var (outcome, failure, retryable) = HostOutcomeMapper.Map(end, task.Message.Submission);
        Log.AttemptEnded(logger, task.Message.TaskId, task.Attempt, task.Message.Submission.Algorithm, outcome);
        return new FinishedReport
        {
            Worker = worker.Id,
            TaskId = task.Message.TaskId,
            ClaimId = task.ClaimId,
            Attempt = task.Attempt,
            Sequence = task.NextSequence(),
            Outcome = outcome,
            Failure = failure,
            Retryable = retryable,
            Result = outcome == TaskOutcome.Completed ? end.Reply!.Result ?? "null"u8.ToArray() : (ReadOnlyMemory<byte>?)null,
            Output = end.Output.Length > 0 ? end.Output : null,
            Usage = ToUsage(end),
            Percent = end.Last.Percent,
            Stage = end.Last.Stage,
        };
    }

    private ReleasedReport Release(RunningTask task, ReleaseReason reason)
    {
        Log.AttemptReleased(logger, task.Message.TaskId, task.Attempt, reason);
        return new ReleasedReport
        {
            Worker = worker.Id,
            TaskId = task.Message.TaskId,
            ClaimId = task.ClaimId,
            Attempt = task.Attempt,
            Sequence = task.NextSequence(),
            Reason = reason,
        };
    }

    private static TaskUsage ToUsage(AttemptEnd end)
    {
        var cpu = end.Reply?.CpuSeconds ?? end.Exit?.CpuSeconds - end.CpuSecondsBefore;
        var peak = end.Reply is { PeakMemoryBytes: > 0 and var bytes } ? (long)bytes : end.Exit?.PeakMemoryBytes;
        return new TaskUsage(Math.Round(end.Wall.TotalSeconds, 6), cpu is { } seconds ? Math.Max(0, Math.Round(seconds, 6)) : null, peak);
    }
}
