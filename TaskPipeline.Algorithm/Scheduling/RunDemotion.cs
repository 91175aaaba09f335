using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// What a run meets once it has outstayed its lane: its processes make way for others, and the API is told at once, so that the next task like it is sent
/// to another lane. Told once and not again: should that be lost, the report of its end says the same. For one thread at a time.
/// </summary>
internal sealed class RunDemotion(ReportSender sender, WorkerIdentity worker, RunningTask task, NativeHostProcess host)
{
    private bool _done;

    /// <summary>Looks whether the slot says so.</summary>
    /// <param name="slot">The slot of the run.</param>
    /// <param name="ran">How long it has run.</param>
    public void Look(IRunSlot slot, TimeSpan ran)
    {
        if (_done || slot.DemotedFor is null)
        {
            return;
        }

        _done = true;
        host.LowerPriority();
        _ = sender.TrySendAsync(
            new DemotedReport
            {
                Worker = worker.Id,
                Algorithm = task.Message.Submission.Algorithm,
                RunClass = task.Message.RunClass,
                Lane = task.Message.Lane,
                RunSeconds = ran.TotalSeconds,
                TraceParent = task.Message.TraceParent,
            },
            CancellationToken.None);
    }
}
