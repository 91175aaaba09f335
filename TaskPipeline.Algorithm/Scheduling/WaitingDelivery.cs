namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A delivery in the line for a slot. Its state is changed by its <see cref="DeliveryScheduler"/> alone, under the lock of that.</summary>
internal sealed class WaitingDelivery(Delivery delivery)
{
    /// <summary>Continued by whoever hands the slot over: a change of thread would cost more than what follows.</summary>
    private readonly TaskCompletionSource<IRunSlot?> _slot = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IRunSlot? _taken;

    public Delivery Delivery { get; } = delivery;

    /// <summary>It is being executed, maybe ahead of its slot: claimed, so that the slot does not have to wait for that.</summary>
    public bool Begun { get; set; }

    /// <summary>It has left the line: with a slot, or given back.</summary>
    public bool Left { get; private set; }

    /// <summary>Completes with the slot; with null when it is not to run here after all.</summary>
    public Task<IRunSlot?> Slot => _slot.Task;

    /// <summary>Completes when its execution has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Leaves the line; the slot is handed over after the lock.</summary>
    public void Leave(IRunSlot? slot) => (Left, _taken) = (true, slot);

    /// <summary>Outside of the lock: goes on with what it left the line with.</summary>
    public void HandOver() => _slot.TrySetResult(_taken);

    /// <summary>Outside of the lock.</summary>
    public void End()
    {
        _taken?.Dispose();
        _ended.TrySetResult();
    }
}
