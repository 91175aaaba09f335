using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// One dispatch of a task that this worker holds, from before its claim until its end is answered. Orders may come at any time
/// from any thread; the first one counts. Thread safe.
/// </summary>
internal sealed class RunningTask(Delivery delivery)
{
    private readonly TaskCompletionSource<StopReason> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: every delivery of the dispatch. The channel of an earlier one may be gone, or the message may have been published twice.</summary>
    private readonly List<Delivery> _deliveries = [delivery];

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private bool _settled;
    private volatile bool _overtaken;
    private int _attempt;
    private int _sequence;

    public TaskMessage Message { get; } = delivery.Message;

    /// <summary>The claim: random, made once, so that an ask whose answer was lost can be asked again.</summary>
    public string ClaimId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The attempt that was granted; 0 before.</summary>
    public int Attempt
    {
        get => Volatile.Read(ref _attempt);
        set => Volatile.Write(ref _attempt, value);
    }

    /// <summary>The progress that was last seen; goes with the report that rebuilds a lost record.</summary>
    public (int Percent, string? Stage) Progress { get; set; }

    /// <summary>The report that is rebuilding the record; completed when there is none.</summary>
    public Task Rebuilding { get; set; } = Task.CompletedTask;

    /// <summary>Completes with the first order to stop.</summary>
    public Task<StopReason> StopRequested => _stop.Task;

    /// <summary>The API has given the task to another attempt or ended it: nothing that is said of this one matters any more.</summary>
    public bool IsOvertaken => _overtaken;

    /// <summary>The number of the next report about it.</summary>
    public int NextSequence() => Interlocked.Increment(ref _sequence);

    public void Stop(StopReason reason) => _stop.TrySetResult(reason);

    /// <summary>Does what the API said about the attempt.</summary>
    public void Obey(VerdictKind kind, bool cancel)
    {
        if (kind == VerdictKind.Stale)
        {
            _overtaken = true;
            Stop(StopReason.Abandoned);
        }
        else if (cancel)
        {
            Stop(StopReason.Cancelled);
        }
    }

    /// <summary>
    /// Takes another delivery of the same dispatch over. Once the attempt is granted the record owns the task, and the delivery is
    /// acknowledged at once; before that, only the delivery does: it is kept until the claim is answered. False when this one is settled already.
    /// </summary>
    public async Task<bool> TryAdoptAsync(Delivery delivery)
    {
        lock (_lock)
        {
            if (_settled)
            {
                return false;
            }

            _deliveries.Add(delivery);
        }

        if (Attempt > 0)
        {
            await delivery.AcknowledgeAsync();
        }

        return true;
    }

    /// <summary>Acknowledges every delivery. From now on none is adopted.</summary>
    public Task AcknowledgeAsync()
    {
        lock (_lock)
        {
            _settled = true;
            return Task.WhenAll(_deliveries.Select(delivery => delivery.AcknowledgeAsync()));
        }
    }
}
