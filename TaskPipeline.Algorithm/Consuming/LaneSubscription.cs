using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>One consumer of a lane with a prefetch of its own, and what it holds. Thread safe.</summary>
internal sealed class LaneSubscription
{
    private readonly string _tag;
    private int _held;
    private volatile bool _isCancelled;

    private LaneSubscription(string tag, ushort prefetch) => (_tag, Prefetch) = (tag, prefetch);

    /// <summary>How many deliveries it may hold.</summary>
    public ushort Prefetch { get; }

    /// <summary>How many it holds: those that came, less those that were acknowledged.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>It takes nothing more. What it holds it may still acknowledge.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>Subscribes.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="prefetch">How many deliveries it may hold.</param>
    /// <param name="receive">Takes a delivery.</param>
    /// <param name="lose">Is told why it is gone, unless it was cancelled here.</param>
    /// <param name="cancellationToken">Ends the wait for the broker.</param>
    public static async Task<LaneSubscription> OpenAsync(
        Lane lane, IChannel channel, ushort prefetch, Func<LaneSubscription, BasicDeliverEventArgs, Task> receive, Func<string, Task> lose, CancellationToken cancellationToken)
    {
        // The client knows the consumer by its tag before the broker does: what is delivered at once finds it.
        var subscription = new LaneSubscription(Guid.NewGuid().ToString("N"), prefetch);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            Interlocked.Increment(ref subscription._held);
            return receive(subscription, delivery);
        };

        // The broker cancels a consumer whose queue is deleted, and newer ones one that acknowledges too late.
        consumer.UnregisteredAsync += (_, _) => subscription.IsCancelled ? Task.CompletedTask : lose("the consumer was cancelled");
        consumer.ShutdownAsync += (_, reason) => lose(reason.ReplyText);

        // A prefetch is that of consumers to come: quorum queues have none for the whole channel.
        await channel.BasicQosAsync(0, prefetch, global: false, cancellationToken);
        await channel.BasicConsumeAsync(
            Topology.LaneQueue(lane), autoAck: false, subscription._tag, noLocal: false, exclusive: false, arguments: null, consumer, cancellationToken);
        return subscription;
    }

    /// <summary>One of its deliveries was acknowledged.</summary>
    public void Settle() => Interlocked.Decrement(ref _held);

    /// <summary>Lets nothing more come.</summary>
    public async Task CancelAsync(IChannel channel, CancellationToken cancellationToken)
    {
        _isCancelled = true;
        await channel.BasicCancelAsync(_tag, noWait: false, cancellationToken);
    }
}
