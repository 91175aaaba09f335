using Microsoft.Extensions.Options;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>The queues of the lanes. Immutable.</summary>
internal sealed class LaneQueues(IOptions<PublishingOptions> options)
{
    private readonly int _perLane = options.Value.QueuesPerLane;

    /// <summary>Those of all lanes.</summary>
    public IReadOnlyList<LaneQueue> All { get; } = [.. LaneQueue.All(options.Value.QueuesPerLane)];

    /// <summary>The queue of a task.</summary>
    public LaneQueue Of(Lane lane, TaskId id) => LaneQueue.For(lane, id, _perLane);
}
