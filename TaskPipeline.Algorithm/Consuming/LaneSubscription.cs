using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>One consumer of a queue of a lane with a prefetch of its own, and what it holds. Thread safe.</summary>
internal sealed class LaneSubscription
{
    private readonly string _tag;
    private readonly int _number;
    private readonly ushort _prefetch;
    private readonly TimeProvider _time;
    private int _held;
    private long _activeAt;
    private volatile bool _isCancelled;

    private LaneSubscription(string tag, int number, LaneQueue queue, ushort prefetch, TimeProvider time)
    {
        (_tag, _number, Queue, _prefetch, _time) = (tag, number, queue, prefetch, time);
        NoteActivity();
    }

    /// <summary>Where it takes from.</summary>
    public LaneQueue Queue { get; }

    /// <summary>As it is now.</summary>
    public LaneConsumer Now => new(_number, _prefetch, Math.Max(0, Held), IsCancelled);

    /// <summary>How many it holds: those that came, less those that were acknowledged.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>For how long nothing has come, and no place has become open.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(Volatile.Read(ref _activeAt));

    /// <summary>It takes nothing more. What it holds it may still acknowledge.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>Subscribes.</summary>
    /// <param name="number">Its queue's place among those of the lane that are consumed.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="prefetch">How many deliveries it may hold.</param>
    /// <param name="receive">Takes a delivery.</param>
    /// <param name="lose">Is told why it is gone, unless it was cancelled here.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait for the broker.</param>
    public static async Task<LaneSubscription> OpenAsync(
        int number, LaneQueue queue, IChannel channel, ushort prefetch, Func<LaneSubscription, BasicDeliverEventArgs, Task> receive, Func<string, Task> lose,
        TimeProvider time, CancellationToken cancellationToken)
    {
        // The client knows the consumer by its tag before the broker does: what is delivered at once finds it.
        var subscription = new LaneSubscription(Guid.NewGuid().ToString("N"), number, queue, prefetch, time);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            Interlocked.Increment(ref subscription._held);
            subscription.NoteActivity();
            return receive(subscription, delivery);
        };

        // The broker cancels a consumer whose queue is deleted, and newer ones one that acknowledges too late.
        consumer.UnregisteredAsync += (_, _) => subscription.IsCancelled ? Task.CompletedTask : lose("the consumer was cancelled");
        consumer.ShutdownAsync += (_, reason) => lose(reason.ReplyText);

        // A prefetch is that of consumers to come: quorum queues have none for the whole channel.
        await channel.BasicQosAsync(0, prefetch, global: false, cancellationToken);
        await channel.BasicConsumeAsync(
            queue.Name, autoAck: false, subscription._tag, noLocal: false, exclusive: false, arguments: null, consumer, cancellationToken);
        return subscription;
    }

    /// <summary>One of its deliveries was acknowledged.</summary>
    public void Settle()
    {
        Interlocked.Decrement(ref _held);
        NoteActivity();
    }

    /// <summary>Lets nothing more come.</summary>
    public async Task CancelAsync(IChannel channel, CancellationToken cancellationToken)
    {
        _isCancelled = true;
        await channel.BasicCancelAsync(_tag, noWait: false, cancellationToken);
    }

    private void NoteActivity() => Volatile.Write(ref _activeAt, _time.GetTimestamp());
}
