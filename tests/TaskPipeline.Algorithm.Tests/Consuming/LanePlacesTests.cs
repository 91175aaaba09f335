using CsCheck;
using TaskPipeline.Algorithm.Consuming;
using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Algorithm.Tests.Consuming;

/// <summary>What holds of a lane's consumers once every change has been followed, however they were before.</summary>
public sealed class LanePlacesTests
{
    private static readonly Gen<LaneConsumer> s_consumer = Gen.Select(Gen.Int[0, 255], Gen.Int[1, 20], Gen.Int[0, 20], Gen.Bool, (queue, prefetch, held, cancelled) =>
        new LaneConsumer(queue, prefetch, Math.Min(prefetch, held), cancelled));

    private static readonly Gen<(int Queues, LaneConsumer[] Consumers, LaneRoom Room, int From)> s_lane = Gen.Select(
        Gen.Int[0, 4], s_consumer.Array[0, 12], Gen.Int[1, 40], Gen.Bool, Gen.Int[0, 255], (power, consumers, most, canStart, from) =>
        {
            var queues = 1 << power;
            return (queues, consumers.Select(one => one with { Queue = one.Queue % queues }).ToArray(), new LaneRoom(most, canStart), from % queues);
        });

    [Fact]
    public void Next_ADeliveryCouldStart_EveryQueueHasAnOpenPlace() => s_lane.Where(lane => lane.Room.CanStart).Sample(lane =>
    {
        var after = Follow(lane.Consumers, lane.Queues, lane.Room, lane.From);
        var free = lane.Room.MayHold - after.Sum(one => one.Held);
        var open = Open(after, lane.Queues);

        Assert.True(free <= 0 || open.All(places => places > 0), string.Join(' ', after));
        Assert.True(open.Sum() <= Math.Max(Math.Max(free, 0), free > 0 ? lane.Queues : 0), string.Join(' ', after));
    });

    [Fact]
    public void Next_NoneCouldStart_NoMoreComeThanMayBeHeld() => s_lane.Where(lane => !lane.Room.CanStart).Sample(lane =>
    {
        var after = Follow(lane.Consumers, lane.Queues, lane.Room, lane.From);
        var free = Math.Max(0, lane.Room.MayHold - after.Sum(one => one.Held));
        var open = Open(after, lane.Queues).Sum();

        Assert.True(open <= free, string.Join(' ', after));
        Assert.True(open > free - lane.Queues || open == free, string.Join(' ', after));
        Assert.True(open > 0 || free == 0, string.Join(' ', after));
    });

    [Fact]
    public void Next_OneQueue_ItsPlacesAreWhatMayBeHeld() => s_lane.Where(lane => lane.Queues == 1).Sample(lane =>
    {
        var after = Follow(lane.Consumers, 1, lane.Room, 0);

        Assert.Equal(Math.Max(0, lane.Room.MayHold - after.Sum(one => one.Held)), after.Sum(one => one.Open));
        Assert.Equal(lane.Consumers.Count(one => !one.IsCancelled && one.Open == 0), after.Count(one => !one.IsCancelled && one.Open == 0));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Next_EveryQueueIsFullAndEverySlotTaken_EveryQueueIsServed(int slots)
    {
        const int Queues = 16;
        var room = new LaneRoom(slots + 1, CanStart: false);
        var consumers = new List<LaneConsumer>();
        var running = new Queue<int>();
        var served = new int[Queues];
        var turn = 3;
        for (var step = 0; step < 4 * Queues; step++)
        {
            while (LanePlaces.Next(consumers, Queues, room, turn) is { } change)
            {
                turn = Apply(consumers, change, turn, Queues);
                if (change.IsLast)
                {
                    break;
                }
            }

            // Whatever is open is filled at once; now and then what has run longest ends.
            for (var n = 0; n < consumers.Count; n++)
            {
                for (; consumers[n].Open > 0; consumers[n] = consumers[n] with { Held = consumers[n].Held + 1 })
                {
                    served[consumers[n].Queue]++;
                    running.Enqueue(n);
                }
            }

            if (step % 2 == 1)
            {
                var ended = running.Dequeue();
                consumers[ended] = consumers[ended] with { Held = consumers[ended].Held - 1 };
            }
        }

        Assert.DoesNotContain(0, served);
    }

    [Fact]
    public void Next_NothingHasComeAndNoneCouldStart_NothingMoves()
    {
        LaneConsumer[] idle = [new(Queue: 2, Prefetch: 1, Held: 0, IsCancelled: false)];

        Assert.Null(LanePlaces.Next(idle, queues: 4, new LaneRoom(1, CanStart: false), from: 0));
    }

    private static List<LaneConsumer> Follow(IEnumerable<LaneConsumer> before, int queues, LaneRoom room, int from)
    {
        var consumers = before.ToList();
        for (var left = 4 * (queues + consumers.Count); LanePlaces.Next(consumers, queues, room, from) is { } change; left--)
        {
            Assert.True(left > 0, $"it does not end: {string.Join(' ', consumers)}");
            from = Apply(consumers, change, from, queues);
        }

        return consumers;
    }

    private static int Apply(List<LaneConsumer> consumers, PlaceChange change, int turn, int queues)
    {
        if (change.Cancelled is { } cancelled)
        {
            consumers[cancelled] = consumers[cancelled] with { IsCancelled = true };
            return turn;
        }

        consumers.Add(new LaneConsumer(change.Queue, change.Prefetch, Held: 0, IsCancelled: false));
        return (change.Queue + 1) % queues;
    }

    private static int[] Open(IEnumerable<LaneConsumer> consumers, int queues) =>
        [.. Enumerable.Range(0, queues).Select(queue => consumers.Where(one => one.Queue == queue).Sum(one => one.Open))];
}
