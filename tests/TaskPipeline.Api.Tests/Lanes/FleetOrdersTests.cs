using CsCheck;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tests.Lanes;

public sealed class FleetOrdersTests
{
    [Fact]
    public void For_AFleet_SharesTheReserveAndTheLimitOfQuickRuns()
    {
        var orders = FleetOrders.For([Worker("a", busy: 4), Worker("b", busy: 2)], queued: [0, 0, 0, 0], reserve: 2, outstaySeconds: 3);

        Assert.Equal([1, 1], orders.Values.Select(order => order.ReservedSlots));
        Assert.All(orders.Values, order => Assert.Equal(3, order.OutstaySeconds));
    }

    [Fact]
    public void For_OneHasRoomAndTwoHaveATaskWaiting_TellsAsManyAsThereIsRoomFor()
    {
        WorkerRecord[] fleet = [Worker("a", busy: 4, waiting: [0, 1, 0, 0]), Worker("b", busy: 3), Worker("c", busy: 4, waiting: [0, 1, 0, 0])];

        var orders = FleetOrders.For(fleet, queued: [0, 2, 0, 0], reserve: 0, outstaySeconds: 3);

        Assert.Equal([Lane.Short], orders["a"].RoomElsewhere!);
        Assert.Null(orders["b"].RoomElsewhere);
        Assert.Null(orders["c"].RoomElsewhere);
    }

    [Fact]
    public void For_TheBrokerHasMoreThanThereIsRoomFor_TellsNobody()
    {
        WorkerRecord[] fleet = [Worker("a", busy: 4, waiting: [0, 1, 0, 0]), Worker("b", busy: 2)];

        Assert.Null(FleetOrders.For(fleet, queued: [0, 3, 0, 0], reserve: 0, outstaySeconds: 3)["a"].RoomElsewhere);
        Assert.Null(FleetOrders.For(fleet, queued: [1, 2, 0, 0], reserve: 0, outstaySeconds: 3)["a"].RoomElsewhere);
        Assert.Equal([Lane.Short], FleetOrders.For(fleet, queued: [0, 2, 0, 0], reserve: 0, outstaySeconds: 3)["a"].RoomElsewhere!);
    }

    [Fact]
    public void For_NoSlotIsFreeButQuickTasksRunElsewhere_TellsWhoWaitsBehindSlowTasksAlone()
    {
        WorkerRecord[] fleet = [Worker("a", busy: 4, slow: 3, waiting: [0, 1, 0, 0]), Worker("b", busy: 4, slow: 4, waiting: [0, 1, 0, 0]), Worker("c", busy: 4, slow: 3)];

        var orders = FleetOrders.For(fleet, queued: [0, 2, 0, 0], reserve: 0, outstaySeconds: 3);

        Assert.Equal([Lane.Short], orders["b"].RoomElsewhere!);
        Assert.Null(orders["a"].RoomElsewhere);
        Assert.Null(orders["c"].RoomElsewhere);
    }

    [Fact]
    public void For_OnlyAReservedSlotIsFree_IsRoomForQuickTasksAlone()
    {
        WorkerRecord[] fleet = [Worker("a", busy: 4, slow: 3, waiting: [0, 1, 1, 0]), Worker("b", busy: 3, slow: 3)];

        var orders = FleetOrders.For(fleet, queued: [0, 1, 1, 0], reserve: 2, outstaySeconds: 3);

        Assert.Equal([Lane.Short], orders["a"].RoomElsewhere!);
    }

    [Fact]
    public void For_AnyFleet_TellsOnlyWhoCannotStartItAndNeverMoreThanThereIsRoomFor() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 1].Array[4]).Array[1, 12].Sample(workers =>
        {
            WorkerRecord[] fleet = [.. workers.Select((worker, n) => Worker($"{n:D2}", worker.Item1, Math.Min(worker.Item1, worker.Item2), worker.Item3))];
            long[] queued = [.. Enumerable.Range(0, 4).Select(lane => fleet.Sum(worker => (long)worker.Waiting[lane]))];

            var orders = FleetOrders.For(fleet, queued, reserve: 2, outstaySeconds: 3);

            var soon = fleet.Count(worker => worker.Busy > worker.SlowBusy && worker.Waiting[0] + worker.Waiting[1] == 0);
            Assert.True(orders.Values.Sum(order => order.RoomElsewhere?.Count(lane => lane <= Lane.Short) ?? 0) <= soon + fleet.Sum(worker => worker.Slots - worker.Busy));
            Assert.All(fleet, worker => Assert.All(orders[worker.Id].RoomElsewhere ?? [], lane =>
            {
                Assert.True(worker.Waiting[(int)lane] > 0);
                Assert.True(lane > Lane.Short || worker.Slots - worker.Busy <= worker.Waiting[0] + worker.Waiting[1]);
            }));
        });

    private static WorkerRecord Worker(string id, int busy, int slow = 0, IReadOnlyList<int>? waiting = null) =>
        new(id, Slots: 4, busy, Algorithms: [], Problems: [], DateTimeOffset.UnixEpoch) { SlowBusy = slow, Waiting = waiting ?? [] };
}
