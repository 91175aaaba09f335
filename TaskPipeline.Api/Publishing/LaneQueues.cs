using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>The queues of the lanes. Immutable.</summary>
internal sealed class LaneQueues
{
    /// <summary>How many each lane has.</summary>
    public int PerLane { get; } = 1;

    /// <summary>Those of all lanes.</summary>
    public IReadOnlyList<LaneQueue> All { get; } = [.. Enum.GetValues<Lane>().SelectMany(lane => LaneQueue.All(lane, of: 1))];

    /// <summary>The queue of a task.</summary>
    public LaneQueue Of(Lane lane, TaskId id) => LaneQueue.For(lane, id, PerLane);
}
