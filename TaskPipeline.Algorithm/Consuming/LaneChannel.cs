using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// The channel of one lane, with consumers of all its queues. How many deliveries it may hold changes while it consumes: another consumer brings more, the cancelling of one less, and that
/// one keeps the right to acknowledge what it was given. All but <see cref="AcknowledgeAsync"/> is for one caller at a time.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="channel">Its channel.</param>
/// <param name="acknowledgements">Sends what is acknowledged.</param>
/// <param name="receive">Takes a delivery.</param>
/// <param name="changed">Is told when something may be done about its consumers: a delivery of a cancelled one was acknowledged, or one of several queues has no open place.</param>
/// <param name="lose">Is told why a consumer is gone.</param>
/// <param name="time">The clock.</param>
internal sealed class LaneChannel(
    Lane lane, IChannel channel, LaneAcknowledgements acknowledgements, Func<LaneChannel, LaneSubscription, BasicDeliverEventArgs, Task> receive, Action changed,
    Func<string, Task> lose, TimeProvider time)
{
    private readonly List<LaneQueue> _queues = [];
    private readonly List<LaneSubscription> _subscriptions = [];

    /// <summary>The queue whose turn it is: another one in each worker and session, so that a fleet does not begin at the same one.</summary>
    private int _turn = Random.Shared.Next(LaneQueue.Most);

    public Lane Lane { get; } = lane;

    public IChannel Channel { get; } = channel;

    /// <summary>Consumes from one more queue of the lane, from the next change on.</summary>
    public void Add(LaneQueue queue) => _queues.Add(queue);

    /// <summary>What is to be done first about its consumers; null for nothing.</summary>
    public PlaceChange? Next(LaneRoom room) =>
        LanePlaces.Next([.. _subscriptions.Select(one => one.Now)], _queues.Count, room, _turn % _queues.Count);

    /// <summary>Does what is to be done. What is held beyond what may be stays, and what comes until the broker answers is corrected by the next call.</summary>
    /// <param name="room">What the lane has room for now.</param>
    /// <param name="urgentOnly">Leaves what can wait.</param>
    /// <param name="cancellationToken">Ends the wait for the broker.</param>
    public async Task FollowAsync(Func<LaneRoom> room, bool urgentOnly, CancellationToken cancellationToken)
    {
        // Deliveries come while the broker is asked: what ends when nothing changes need not end then.
        for (var left = 4 * (_queues.Count + _subscriptions.Count); left > 0; left--)
        {
            _subscriptions.RemoveAll(one => one is { IsCancelled: true, Held: <= 0 });
            if (Next(room()) is not { } change || (urgentOnly && !change.IsUrgent))
            {
                return;
            }

            if (change.Cancelled is { } cancelled)
            {
                await _subscriptions[cancelled].CancelAsync(Channel, cancellationToken);
            }
            else
            {
                await BeginAsync(change.Queue, (ushort)change.Prefetch, cancellationToken);
            }

            if (change.IsLast)
            {
                return;
            }
        }
    }

    /// <summary>The queues that have an open place here and have brought nothing for so long.</summary>
    public IEnumerable<LaneQueue> QuietFor(TimeSpan least) => _subscriptions
        .GroupBy(one => one.Queue)
        .Where(some => some.Any(one => one.Now.Open > 0) && some.All(one => one.Quiet >= least))
        .Select(some => some.Key);

    /// <summary>Acknowledges a delivery; completes when that is sent.</summary>
    public async Task AcknowledgeAsync(LaneSubscription subscription, ulong tag)
    {
        await acknowledgements.AcknowledgeAsync(tag);
        subscription.Settle();
        if (subscription.IsCancelled)
        {
            changed();
        }
    }

    private async Task BeginAsync(int queue, ushort prefetch, CancellationToken cancellationToken)
    {
        _turn = queue + 1;
        _subscriptions.Add(await LaneSubscription.OpenAsync(queue, _queues[queue], Channel, prefetch, ReceiveAsync, lose, time, cancellationToken));
    }

    private async Task ReceiveAsync(LaneSubscription subscription, BasicDeliverEventArgs delivery)
    {
        await receive(this, subscription, delivery);
        if (_queues.Count > 1 && subscription.Now.Open == 0)
        {
            changed();
        }
    }
}
