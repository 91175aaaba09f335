using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// One task that this worker holds, from before its claim until its end is answered. Orders may come at any time from any
/// thread; the first one counts.
/// </summary>
internal sealed class RunningTask(TaskMessage message)
{
    private readonly TaskCompletionSource<StopReason> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sequence;

    public TaskMessage Message { get; } = message;

    /// <summary>The claim: random, made once, so that an ask whose answer was lost can be asked again.</summary>
    public string ClaimId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The attempt that was granted; 0 before.</summary>
    public int Attempt { get; set; }

    /// <summary>Completes with the first order to stop.</summary>
    public Task<StopReason> StopRequested => _stop.Task;

    /// <summary>The number of the next report about it.</summary>
    public int NextSequence() => Interlocked.Increment(ref _sequence);

    public void Stop(StopReason reason) => _stop.TrySetResult(reason);

    /// <summary>Does what the API said about the attempt.</summary>
    public void Obey(VerdictKind kind, bool cancel)
    {
        if (kind == VerdictKind.Stale)
        {
            Stop(StopReason.Abandoned);
        }
        else if (cancel)
        {
            Stop(StopReason.Cancelled);
        }
    }
}
