using System.Globalization;
using RabbitMQ.Client;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Chaos.Audit;

/// <summary>Whether a message is left. Asked when no consumer is connected any more: what was delivered and not acknowledged is back in its queue then.</summary>
internal static class QueueAudit
{
    private static readonly string[] s_queues = [.. Enum.GetValues<Lane>().Select(Topology.LaneQueue), Topology.DeadLetter, Topology.UnreadableQueue];

    public static async Task CheckAsync(string uri, Findings findings, CancellationToken cancellationToken)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        foreach (var queue in s_queues)
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
