using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A slot in use. Its state is changed by its <see cref="SlotQueue{T}"/> alone.</summary>
/// <param name="lane">The lane it was started from.</param>
/// <param name="item">What runs.</param>
/// <param name="algorithm">Its algorithm.</param>
/// <param name="startedAt">When it was started.</param>
internal sealed class RunningSlot<T>(Lane lane, T item, string algorithm, TimeSpan startedAt)
{
    public Lane Lane { get; } = lane;

    public T Item { get; } = item;

    public string Algorithm { get; } = algorithm;

    public TimeSpan StartedAt { get; } = startedAt;

    /// <summary>When it was moved to the slow account; null while it stands on that of its lane.</summary>
    public TimeSpan? DemotedAt { get; set; }

    public bool Ended { get; set; }
}
