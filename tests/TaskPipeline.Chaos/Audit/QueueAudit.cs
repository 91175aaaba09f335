using System.Globalization;
using RabbitMQ.Client;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Chaos.Audit;

/// <summary>Whether a message is left. Asked when no consumer is connected any more: what was delivered and not acknowledged is back in its queue then.</summary>
internal static class QueueAudit
{
    /// <summary>Looks at every queue of an installation.</summary>
    /// <param name="uri">The broker.</param>
    /// <param name="queuesPerLane">How many queues each lane has.</param>
    /// <param name="findings">Gets what is found.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task CheckAsync(string uri, int queuesPerLane, Findings findings, CancellationToken cancellationToken)
    {
        var lanes = LaneQueue.All(queuesPerLane).Select(queue => queue.Name);
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        foreach (var queue in (string[])[.. lanes, Topology.DeadLetter, Topology.UnreadableQueue])
        {
            if ((await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount is > 0 and var left)
            {
                var first = await channel.BasicGetAsync(queue, autoAck: false, cancellationToken);
                var text = first is null ? "" : System.Text.Encoding.UTF8.GetString(first.Body.Span);
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"{left} messages are left in {queue}, the first: {text}"));
            }
        }
    }
}
