namespace TaskPipeline.Contracts.Messages;

/// <summary>
/// One of the queues of a lane in the broker. A lane has one or, where one leader is not enough, a power of two of them; the lower bits of
/// the tag in a task's id say which is its own. The first keeps the lane's name, so that adding others moves nothing.
/// </summary>
/// <param name="Lane">The lane.</param>
/// <param name="Number">Which of its queues it is, from 0.</param>
/// <param name="Of">How many the lane has: a power of two, at most <see cref="Most"/>.</param>
public readonly record struct LaneQueue(Lane Lane, int Number, int Of)
{
    /// <summary>The most that a lane can have.</summary>
    public const int Most = 256;

    /// <summary>The name of the queue.</summary>
    public string Name => Number == 0 ? Topology.LaneQueue(Lane) : $"{Topology.LaneQueue(Lane)}.{Number}";

    /// <summary>The routing key of its messages.</summary>
    public string RoutingKey => Number == 0 ? Topology.LaneName(Lane) : $"{Topology.LaneName(Lane)}.{Number}";

    /// <summary>
    /// The arguments of its declaration. A new dictionary each time: the client may add to it. The leaders of a lane's queues would otherwise
    /// all stand where they were declared; the first queue is declared as it always was, because a broker refuses another declaration of it.
    /// </summary>
    public Dictionary<string, object?> Arguments()
    {
        var arguments = Topology.LaneQueueArguments();
        if (Number > 0)
        {
            arguments["x-queue-leader-locator"] = "balanced";
        }

        return arguments;
    }

    /// <summary>The queue of a task.</summary>
    public static LaneQueue For(Lane lane, TaskId id, int of) => new(lane, id.Tag & (of - 1), of);

    /// <summary>All queues of a lane.</summary>
    public static IEnumerable<LaneQueue> All(Lane lane, int of) => Enumerable.Range(0, of).Select(number => new LaneQueue(lane, number, of));

    /// <summary>All queues of all lanes.</summary>
    public static IEnumerable<LaneQueue> All(int of) => Enum.GetValues<Lane>().SelectMany(lane => All(lane, of));

    /// <summary>Whether it is the queue of a task.</summary>
    public bool Carries(Lane lane, TaskId id) => lane == Lane && (id.Tag & (Of - 1)) == Number;

    /// <summary>Whether it can be the queue of tasks whose tag is congruent to <paramref name="rest"/> modulo <paramref name="modulus"/>, a power of two.</summary>
    public bool MayCarry(int rest, int modulus) => ((Number ^ rest) & (Math.Min(Of, modulus) - 1)) == 0;
}
