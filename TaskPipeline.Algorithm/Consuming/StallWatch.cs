using RabbitMQ.Client;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Notices queues that keep back what they have ready from consumers with open places. Who has no place open, or hears of a queue from time to time, asks nothing. For one caller at a time.
/// </summary>
/// <param name="connection">Asks the broker.</param>
/// <param name="stalledAfter">How long a queue may do so.</param>
internal sealed class StallWatch(IConnection connection, TimeSpan stalledAfter)
{
    private HashSet<LaneQueue> _suspects = [];

    /// <summary>After which time to look again: soon when something was found that may only have been late.</summary>
    public TimeSpan Next => _suspects.Count > 0 ? stalledAfter / 3 : stalledAfter;

    /// <summary>What is wrong with a queue that had messages ready now and at the look before, and nothing to say in between; null when there is none.</summary>
    public async Task<string?> LookAsync(IEnumerable<LaneChannel> lanes, CancellationToken cancellationToken)
    {
        LaneQueue[] quiet = [.. lanes.SelectMany(lane => lane.QuietFor(stalledAfter))];
        var ready = await connection.CountReadyAsync(quiet.Select(queue => queue.Name), cancellationToken);
        var found = quiet.Where((_, n) => ready[n] > 0).ToHashSet();
        var stalled = found.Where(_suspects.Contains).Select(queue => queue.Name).FirstOrDefault();
        _suspects = found;
        return stalled is null ? null : $"{stalled} has messages ready and delivers none";
    }
}
