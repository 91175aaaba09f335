namespace TaskPipeline.Contracts.Messages;

/// <summary>The names and arguments of everything that we declare in RabbitMQ; documented in docs/messages.md.</summary>
public static class Topology
{
    /// <summary>Direct exchange of work; the routing key is that of a <see cref="Messages.LaneQueue"/>.</summary>
    public const string TasksExchange = "taskpipeline.tasks";

    /// <summary>Fanout exchange of cancellations, to one exclusive queue for each worker.</summary>
    public const string CancellationsExchange = "taskpipeline.cancellations";

    /// <summary>Dead-letter exchange (fanout) and the queue of the same name, consumed by the API.</summary>
    public const string DeadLetter = "taskpipeline.dead";

    /// <summary>The queue of messages that nobody could read, kept for people.</summary>
    public const string UnreadableQueue = "taskpipeline.unreadable";

    /// <summary>The header of an unreadable message that says why.</summary>
    public const string ReasonHeader = "x-taskpipeline-reason";

    /// <summary>Deliveries after which the broker dead-letters; only lost connections and bugs count.</summary>
    public const int DeliveryLimit = 20;

    /// <summary>The unreadable queue keeps at most so many messages, the oldest go first.</summary>
    public const int UnreadableMaxLength = 10_000;

    /// <summary>The unreadable queue keeps a message at most so long.</summary>
    public static readonly TimeSpan UnreadableMaxAge = TimeSpan.FromDays(7);

    /// <summary>The lane's name, which is also the routing key of its first queue.</summary>
    public static string LaneName(Lane lane) => lane switch
    {
        Lane.Urgent => "urgent",
        Lane.Short => "short",
        Lane.Long => "long",
        Lane.Background => "background",
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "not a lane"),
    };

    /// <summary>The name of the lane's first queue, with which those of its others begin.</summary>
    public static string LaneQueue(Lane lane) => $"{TasksExchange}.{LaneName(lane)}";

    /// <summary>The arguments of a lane's first queue. A new dictionary each time: the client may add to it.</summary>
    public static Dictionary<string, object?> LaneQueueArguments() => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = DeadLetter,
    };

    /// <summary>The arguments of the unreadable queue.</summary>
    public static Dictionary<string, object?> UnreadableQueueArguments() => new()
    {
        ["x-max-length"] = UnreadableMaxLength,
        ["x-overflow"] = "drop-head",
        ["x-message-ttl"] = (long)UnreadableMaxAge.TotalMilliseconds,
    };
}
