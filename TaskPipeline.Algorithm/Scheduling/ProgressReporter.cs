using System.Diagnostics;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Reports the progress of one attempt with one report under way at the most: what changes meanwhile goes with the next. The answers may
/// carry orders. For one thread at a time.
/// </summary>
internal sealed class ProgressReporter(ReportSender sender, WorkerIdentity worker, RunningTask task)
{
    private Task _underWay = Task.CompletedTask;
    private (int Percent, string? Stage) _reported = (0, null);

    public void Report(StatusSample status)
    {
        if (_underWay.IsCompleted && (status.Percent, status.Stage) != _reported)
        {
            _reported = (status.Percent, status.Stage);
            _underWay = SendAsync(status);
        }
    }

    private async Task SendAsync(StatusSample status)
    {
        var report = new ProgressReport
        {
            Worker = worker.Id,
            TaskId = task.Message.TaskId,
            ClaimId = task.ClaimId,
            Attempt = task.Attempt,
            Sequence = task.NextSequence(),
            Percent = status.Percent,
            Stage = status.Stage,
            TraceParent = Activity.Current?.Id ?? task.Message.TraceParent,
        };
        if (await sender.TrySendAsync(report, CancellationToken.None) is { } verdict)
        {
            task.Obey(verdict.Kind, verdict.Cancel);
        }
    }
}
