using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// The channel of one lane. How many deliveries it may hold changes while it consumes: another consumer brings more, the cancelling of one less, and that one keeps
/// the right to acknowledge what it was given. All but <see cref="AcknowledgeAsync"/> is for one caller at a time.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="channel">Its channel.</param>
/// <param name="acknowledgements">Sends what is acknowledged.</param>
/// <param name="receive">Takes a delivery.</param>
/// <param name="released">Is told when a delivery of a cancelled consumer was acknowledged: less is held than may be.</param>
/// <param name="lose">Is told why a consumer is gone.</param>
internal sealed class LaneChannel(
    Lane lane, IChannel channel, LaneAcknowledgements acknowledgements, Func<LaneChannel, LaneSubscription, BasicDeliverEventArgs, Task> receive, Action released,
    Func<string, Task> lose)
{
    private readonly List<LaneSubscription> _subscriptions = [];

    public Lane Lane { get; } = lane;

    public IChannel Channel { get; } = channel;

    /// <summary>How many deliveries may come to be held as things are.</summary>
    public int MostHeld => _subscriptions.Sum(one => one.IsCancelled ? one.Held : one.Prefetch);

    /// <summary>Whether everything is held that may be.</summary>
    public bool IsFull => _subscriptions.All(one => one.IsCancelled || one.Held >= one.Prefetch);

    /// <summary>Holds at most so many from now on. What is held beyond that stays, and what comes until the broker answers is corrected by the next call.</summary>
    public async Task HoldAsync(int most, CancellationToken cancellationToken)
    {
        _subscriptions.RemoveAll(one => one is { IsCancelled: true, Held: <= 0 });
        while (MostHeld > most && WithLeastRoom() is { } one)
        {
            await one.CancelAsync(Channel, cancellationToken);
        }

        if (MostHeld < most)
        {
            var prefetch = (ushort)Math.Min(ushort.MaxValue, most - MostHeld);
            _subscriptions.Add(await LaneSubscription.OpenAsync(Lane, Channel, prefetch, (one, delivery) => receive(this, one, delivery), lose, cancellationToken));
        }
    }

    /// <summary>Acknowledges a delivery; completes when that is sent.</summary>
    public async Task AcknowledgeAsync(LaneSubscription subscription, ulong tag)
    {
        await acknowledgements.AcknowledgeAsync(tag);
        subscription.Settle();
        if (subscription.IsCancelled)
        {
            released();
        }
    }

    /// <summary>The consumer whose cancelling takes away the least.</summary>
    private LaneSubscription? WithLeastRoom() => _subscriptions.Where(one => !one.IsCancelled && one.Held < one.Prefetch).MinBy(one => one.Prefetch - one.Held);
}
