using System.Diagnostics;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// One delivery from its claim to the acknowledgement. Whatever refuses the claim means: acknowledge and forget. Never throws: what
/// cannot be run is given back.
/// </summary>
internal sealed class TaskExecutor(
    ReportSender sender, WorkerIdentity worker, RunningTasks running, AlgorithmCatalogue catalogue, NativeRunner runner,
    AlgorithmMetrics metrics, ILogger<TaskExecutor> logger)
{
    /// <summary>Claims, then waits for the slot, then runs. The slot is given back as soon as the native code is done; the report takes as long as it takes.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="slot">Completes with the slot; with null when the task is to be given back.</param>
    public async Task ExecuteAsync(Delivery delivery, Task<IRunSlot?> slot)
    {
        // Whatever gave the slot free belongs to another trace.
        Activity.Current = null;

        // Draining, its channel is closed and the broker has it back. Delivered again while its first run lives here, that run owns it.
        if (running.IsDraining || await running.RegisterAsync(delivery) is not { } task)
        {
            return;
        }

        try
        {
            CrashPoint.Reach(CrashPoints.Delivered);
            if (await ClaimAsync(task, delivery))
            {
                await RunAsync(task, delivery, slot);
            }

            await task.AcknowledgeAsync();
            CrashPoint.Reach(CrashPoints.Acknowledged);
        }
        catch (OperationCanceledException) when (running.GivenUp.IsCancellationRequested)
        {
            // Left unacknowledged: before the grant the broker delivers it again, after it the lease ends it.
            using var trace = AlgorithmActivitySource.Within(task.Message);
            Log.GivenUp(logger, task.Message.TaskId, task.Attempt);
        }
        catch (Exception exception) when (task.Attempt > 0)
        {
            // A bug. The record owns the task and its lease ends the attempt; a delivery that is never settled would block the lane.
            Log.ExecutionFailed(logger, exception, task.Message.TaskId);
            await task.AcknowledgeAsync();
        }
        finally
        {
            running.Remove(task);
        }
    }

    private async Task<bool> ClaimAsync(RunningTask task, Delivery delivery)
    {
        using var activity = AlgorithmActivitySource.StartClaim(delivery, worker.Id);
        var claim = new StartedReport
        {
            Worker = worker.Id,
            TaskId = task.Message.TaskId,
            ClaimId = task.ClaimId,
            Dispatch = task.Message.Dispatch,
            TraceParent = activity?.Id ?? task.Message.TraceParent,
        };
        var verdict = await sender.SendAsync(claim, task.Message, running.GivenUp);
        AlgorithmActivitySource.End(activity, verdict);
        if (verdict is not { Kind: VerdictKind.Granted, Attempt: { } attempt })
        {
            Log.ClaimRefused(logger, task.Message.TaskId, task.Message.Dispatch, verdict.Kind);
            CrashPoint.Reach(CrashPoints.Refused);
            return false;
        }

        task.Attempt = attempt;
        running.Overtake(task);
        task.Obey(verdict.Kind, verdict.Cancel);
        CrashPoint.Reach(CrashPoints.Claimed);
        return true;
    }

    private async Task RunAsync(RunningTask task, Delivery delivery, Task<IRunSlot?> awaited)
    {
        await Task.WhenAny(awaited, task.StopRequested);
        var slot = awaited.IsCompletedSuccessfully ? await awaited : null;
        if (slot is null)
        {
            // Stopped before its turn came, which may still come: the slot shall not wait for the answer to the report.
            _ = GiveBackAsync(awaited);
        }

        using var activity = AlgorithmActivitySource.StartRun(delivery, task.Attempt, worker.Id);
        var report = await AttemptAsync(task, slot);
        slot?.Dispose();
        if (report is null)
        {
            Log.AttemptOvertaken(logger, task.Message.TaskId, task.Attempt);
            return;
        }

        if (report is FinishedReport finished)
        {
            metrics.Ended(task.Message.Submission.Algorithm, finished);
        }

        AlgorithmActivitySource.End(activity, report);
        CrashPoint.Reach(CrashPoints.Ended);
        await sender.SendAsync(report with { TraceParent = activity?.Id ?? task.Message.TraceParent }, task.Message, running.GivenUp);
        CrashPoint.Reach(CrashPoints.Reported);
    }

    private static async Task GiveBackAsync(Task<IRunSlot?> late) => (await late)?.Dispose();

    /// <summary>Runs the attempt, or finds why it is not run. Null when there is nothing to report, because another attempt has overtaken it.</summary>
    private async Task<TaskReport?> AttemptAsync(RunningTask task, IRunSlot? slot)
    {
        if (task.StopRequested.IsCompletedSuccessfully && await task.StopRequested == StopReason.Cancelled)
        {
            // Cancelled between the claim and its answer: nothing of it has run.
            return NewFinished(task, TaskOutcome.Cancelled);
        }

        if (running.IsDraining || slot is null)
        {
            return task.IsOvertaken ? null : Release(task, ReleaseReason.Draining);
        }

        if (!catalogue.Entries.TryGetValue(task.Message.Submission.Algorithm, out var entry))
        {
            return Release(task, ReleaseReason.AlgorithmMissing);
        }

        try
        {
            var end = await runner.RunAsync(task, entry, slot);
            if (end.Stopped != StopReason.Abandoned)
            {
                return Finish(task, end);
            }

            return task.IsOvertaken ? null : Release(task, ReleaseReason.Draining);
        }
        catch (Exception exception)
        {
            // No host, no scratch folder, whatever: another worker may be able to, and an attempt that is only forgotten would cost its lease.
            Log.CannotStart(logger, exception, task.Message.TaskId, task.Attempt);
            return Release(task, ReleaseReason.CannotStart);
        }
    }

    private FinishedReport Finish(RunningTask task, AttemptEnd end)
    {
        var (outcome, failure, retryable) = HostOutcomeMapper.Map(end, task.Message.Submission);
        if (outcome == TaskOutcome.Completed)
        {
            Log.AttemptCompleted(logger, task.Message.TaskId, task.Attempt, task.Message.Submission.Algorithm);
        }
        else
        {
            Log.AttemptEnded(logger, task.Message.TaskId, task.Attempt, task.Message.Submission.Algorithm, outcome);
        }

        return NewFinished(task, outcome) with
        {
            Failure = failure,
            Retryable = retryable,
            Result = outcome == TaskOutcome.Completed ? ToResult(end.Reply!.Result) : null,
            Output = end.Output.Length > 0 ? end.Output : null,
            Usage = ToUsage(end),
            DemotedSeconds = end.Demoted is { } demoted ? Math.Round(demoted.TotalSeconds, 6) : null,
            Percent = end.Last.Percent,
            Stage = end.Last.Stage,
        };
    }

    /// <summary>An algorithm need not have a result; the task's is null then.</summary>
    private static ReadOnlyMemory<byte>? ToResult(ReadOnlyMemory<byte>? result) => result is { IsEmpty: false } ? result : null;

    private FinishedReport NewFinished(RunningTask task, TaskOutcome outcome) => new()
    {
        Worker = worker.Id,
        TaskId = task.Message.TaskId,
        ClaimId = task.ClaimId,
        Attempt = task.Attempt,
        Sequence = task.NextSequence(),
        Outcome = outcome,
    };

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
        if (end is { Reply: null, Exit: null })
        {
            // Stopped before it ran.
            return new TaskUsage(0, 0, 0);
        }

        var cpu = end.Reply?.CpuSeconds ?? end.Exit?.CpuSeconds - end.CpuSecondsBefore;
        var peak = end.Reply is { PeakMemoryBytes: > 0 and var bytes } ? (long)bytes : end.Exit?.PeakMemoryBytes;
        return new TaskUsage(Math.Round(end.Wall.TotalSeconds, 6), cpu is { } seconds ? Math.Max(0, Math.Round(seconds, 6)) : null, peak);
    }
}
