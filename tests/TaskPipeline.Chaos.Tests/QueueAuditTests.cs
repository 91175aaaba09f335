using RabbitMQ.Client;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Tests;

/// <summary>What the audit of the queues must find.</summary>
public sealed class QueueAuditTests(RabbitMqServer server) : IClassFixture<RabbitMqServer>
{
    private const int QueuesPerLane = 4;

    [Fact]
    public async Task Check_MessageThatIsLeft_IsFound()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var connection = await new ConnectionFactory { Uri = new Uri(server.ConnectionString) }.CreateConnectionAsync(limit.Token);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), limit.Token);
        foreach (var queue in (string[])[.. LaneQueue.All(QueuesPerLane).Select(queue => queue.Name), Topology.DeadLetter, Topology.UnreadableQueue])
        {
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: limit.Token);
        }

        Assert.Empty(await CheckAsync(limit.Token));
        await channel.BasicPublishAsync("", $"{Topology.LaneQueue(Lane.Long)}.3", "left behind"u8.ToArray(), limit.Token);
        await channel.BasicPublishAsync("", Topology.UnreadableQueue, "not readable"u8.ToArray(), limit.Token);

        Assert.Equal(
            [$"1 messages are left in {Topology.LaneQueue(Lane.Long)}.3, the first: left behind", $"1 messages are left in {Topology.UnreadableQueue}, the first: not readable"],
            await CheckAsync(limit.Token));
    }

    private async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        var findings = new Findings();
        await QueueAudit.CheckAsync(server.ConnectionString, QueuesPerLane, findings, cancellationToken);
        return findings.All;
    }
}
