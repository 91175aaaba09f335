using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Decides how the deliveries that a worker may hold of a lane are spread over the lane's queues, one change after the other: a pure function. A consumer's open places are those
/// of its prefetch that hold nothing.
/// <list type="bullet">
/// <item>While a delivery could start, every queue has an open place. As many may come as there are queues, should that be more than may be held.</item>
/// <item>While none could, no more come than may be held, from whichever queues have the places.</item>
/// <item>Queues without a consumer then get one by and by: a consumer whose places are all taken moves on.</item>
/// </list>
/// With one queue the places are what may be held, less what is.
/// </summary>
internal static class LanePlaces
{
    /// <summary>The next change; null when all is as it should be. Following one after the other ends, as long as nothing else changes.</summary>
    /// <param name="consumers">The consumers of the lane, in the order in which they began.</param>
    /// <param name="queues">How many queues the lane has.</param>
    /// <param name="room">What the lane has room for.</param>
    /// <param name="from">The queue whose turn it is when there is a choice.</param>
    public static PlaceChange? Next(IReadOnlyList<LaneConsumer> consumers, int queues, LaneRoom room, int from)
    {
        var open = new int[queues];
        var live = new bool[queues];
        var free = room.MayHold;
        foreach (var one in consumers)
        {
            free -= one.Held;
            open[one.Queue] += one.Open;
            live[one.Queue] |= !one.IsCancelled;
        }

        // Most is decided without looking at the rest.
        var total = open.Sum();
        var hungry = room.CanStart && free > 0;
        return Miss(open, live, total, free, hungry, from)
            ?? Surplus(consumers, open, total, free, hungry)
            ?? Rest(open, live, total, free, hungry, from)
            ?? Move(consumers, live, hungry);
    }

    /// <summary>A slot, or the line before it, would stay empty for want of an open place.</summary>
    private static PlaceChange? Miss(int[] open, bool[] live, int total, int free, bool hungry, int from)
    {
        var without = open.Count(places => places <= 0);
        if (free <= 0 || without == 0 || (!hungry && total > 0))
        {
            return null;
        }

        var share = Math.Max(1, (free - total) / without);
        return PlaceChange.Begin(Turn(open, live, from), share) with { IsUrgent = true };
    }

    /// <summary>More may come than should: the consumer goes that takes away the least, one that leaves its queue without a place only if no other can.</summary>
    private static PlaceChange? Surplus(IReadOnlyList<LaneConsumer> consumers, int[] open, int total, int free, bool hungry)
    {
        if (total <= (hungry ? Math.Max(free, open.Length) : Math.Max(free, 0)))
        {
            return null;
        }

        var able = Enumerable.Range(0, consumers.Count).Where(n => consumers[n].Open > 0);
        return PlaceChange.End(hungry
            ? able.OrderBy(n => open[consumers[n].Queue] > consumers[n].Open ? 0 : 1).ThenBy(n => open[consumers[n].Queue] > consumers[n].Open ? consumers[n].Open : -consumers[n].Open).First()
            : able.MinBy(n => consumers[n].Open));
    }

    /// <summary>More could come than has a place. Less than one for each queue is left alone while every queue has one.</summary>
    private static PlaceChange? Rest(int[] open, bool[] live, int total, int free, bool hungry, int from)
    {
        var rest = free - total;
        if (rest <= 0)
        {
            return null;
        }

        var level = free / open.Length;
        var queue = Turn(open, live, from);
        return open[queue] < level ? PlaceChange.Begin(queue, Math.Min(level - open[queue], rest))
            : level == 0 && !hungry ? PlaceChange.Begin(queue, 1)
            : null;
    }

    /// <summary>A consumer that has brought what it may makes place for another queue; one that has brought nothing stays, or idle workers would never rest.</summary>
    private static PlaceChange? Move(IReadOnlyList<LaneConsumer> consumers, bool[] live, bool hungry)
    {
        if (hungry || live.All(one => one))
        {
            return null;
        }

        for (var n = 0; n < consumers.Count; n++)
        {
            if (!consumers[n].IsCancelled && consumers[n].Open == 0)
            {
                return PlaceChange.End(n) with { IsLast = true };
            }
        }

        return null;
    }

    /// <summary>The queue that gets the next place: with the fewest, without a consumer if there is one, after the turn.</summary>
    private static int Turn(int[] open, bool[] live, int from) =>
        Enumerable.Range(0, open.Length).Select(n => (from + n) % open.Length).MinBy(queue => (open[queue], live[queue]));
}

/// <summary>A consumer as it is at a moment.</summary>
/// <param name="Queue">Which of the lane's queues it takes from.</param>
/// <param name="Prefetch">How many deliveries it may hold.</param>
/// <param name="Held">How many it holds.</param>
/// <param name="IsCancelled">It takes nothing more.</param>
internal readonly record struct LaneConsumer(int Queue, int Prefetch, int Held, bool IsCancelled)
{
    /// <summary>How many deliveries may still come.</summary>
    public int Open => IsCancelled ? 0 : Math.Max(0, Prefetch - Held);
}

/// <summary>One change of a lane's consumers: a new one, or the end of one.</summary>
/// <param name="Cancelled">The place in the list of the one that ends; null for a new one.</param>
/// <param name="Queue">The queue of a new one.</param>
/// <param name="Prefetch">Its prefetch.</param>
internal readonly record struct PlaceChange(int? Cancelled, int Queue, int Prefetch)
{
    /// <summary>It does not wait.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>Enough for this time.</summary>
    public bool IsLast { get; init; }

    public static PlaceChange Begin(int queue, int prefetch) => new(Cancelled: null, queue, Math.Min(ushort.MaxValue, prefetch));

    public static PlaceChange End(int consumer) => new(consumer, Queue: 0, Prefetch: 0);
}
