namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A delivery in the line for a slot. Its state is changed by its <see cref="DeliveryScheduler"/> alone, under the lock of that.</summary>
internal sealed class WaitingDelivery(Delivery delivery)
{
    private readonly TaskCompletionSource<IDisposable?> _slot = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Delivery Delivery { get; } = delivery;

    /// <summary>It is being executed, maybe ahead of its slot: claimed, so that the slot does not have to wait for that.</summary>
    public bool Begun { get; set; }

    /// <summary>It has left the line: with a slot, or given back.</summary>
    public bool Left { get; private set; }

    /// <summary>Completes with the slot; with null when it is not to run here after all.</summary>
    public Task<IDisposable?> Slot => _slot.Task;

    public void Leave(IDisposable? slot)
    {
        Left = true;
        _slot.TrySetResult(slot);
    }
}
