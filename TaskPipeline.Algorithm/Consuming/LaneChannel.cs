using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// The channel of one lane with its consumer, whose prefetch can be changed while it consumes, and its acknowledgements. The
/// consumer that is replaced keeps the right to acknowledge what it was given.
/// </summary>
internal sealed class LaneChannel(Lane lane, IChannel channel, LaneAcknowledgements acknowledgements, Func<BasicDeliverEventArgs, Task> receive, Func<string, Task> lose)
{
    private Subscription? _current;

    public Lane Lane { get; } = lane;

    public IChannel Channel { get; } = channel;

    public LaneAcknowledgements Acknowledgements { get; } = acknowledgements;

    /// <summary>How many deliveries the consumer may hold; 0 before it consumes.</summary>
    public ushort Prefetch { get; private set; }

    /// <summary>Consumes with this prefetch from now on.</summary>
    public async Task ConsumeAsync(ushort prefetch, CancellationToken cancellationToken)
    {
        if (_current is { } before)
        {
            before.IsReplaced = true;
            await Channel.BasicCancelAsync(before.Tag, noWait: false, cancellationToken);
        }

        // A prefetch is that of consumers to come: quorum queues have none for the whole channel.
        await Channel.BasicQosAsync(0, prefetch, global: false, cancellationToken);
        var subscription = new Subscription();
        var consumer = new AsyncEventingBasicConsumer(Channel);
        consumer.ReceivedAsync += (_, delivery) => receive(delivery);

        // The broker cancels a consumer whose queue is deleted, and newer ones one that acknowledges too late.
        consumer.UnregisteredAsync += (_, _) => subscription.IsReplaced ? Task.CompletedTask : lose("the consumer was cancelled");
        consumer.ShutdownAsync += (_, reason) => lose(reason.ReplyText);
        subscription.Tag = await Channel.BasicConsumeAsync(Topology.LaneQueue(Lane), autoAck: false, consumer, cancellationToken);
        _current = subscription;
        Prefetch = prefetch;
    }

    private sealed class Subscription
    {
        private volatile bool _isReplaced;

        public string Tag { get; set; } = "";

        public bool IsReplaced
        {
            get => _isReplaced;
            set => _isReplaced = value;
        }
    }
}
