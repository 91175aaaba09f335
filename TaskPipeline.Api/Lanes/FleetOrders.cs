using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>What each worker is told: its share of the reserve, and for which lanes others have room. Pure.</summary>
internal static class FleetOrders
{
    /// <summary>The orders, by worker.</summary>
    /// <param name="fleet">The workers, in an order that every replica agrees on.</param>
    /// <param name="reserve">The reserve of the fleet.</param>
    /// <param name="outstaySeconds">A task of a quick lane that has run this long has outstayed it.</param>
    public static IReadOnlyDictionary<string, LaneOrders> For(IReadOnlyList<WorkerRecord> fleet, int reserve, double outstaySeconds)
    {
        var shares = FleetReserve.Share(reserve, [.. fleet.Select(worker => worker.Slots)]);
        var quick = fleet.Select(HasQuickRoom).ToArray();
        var slow = fleet.Select((worker, n) => HasSlowRoom(worker, shares[n])).ToArray();
        var (quickRooms, slowRooms) = (quick.Count(room => room), slow.Count(room => room));
        return fleet.Select((worker, n) => (worker.Id, Orders: new LaneOrders
        {
            ReservedSlots = shares[n],
            OutstaySeconds = outstaySeconds,
            RoomElsewhere = Rooms(quickRooms > (quick[n] ? 1 : 0), slowRooms > (slow[n] ? 1 : 0)),
        })).ToDictionary(pair => pair.Id, pair => pair.Orders, StringComparer.Ordinal);
    }

    /// <summary>A free slot for which nothing waits there already.</summary>
    private static bool HasQuickRoom(WorkerRecord worker) => worker.Slots - worker.Busy > Waiting(worker, Lane.Urgent) + Waiting(worker, Lane.Short);

    private static bool HasSlowRoom(WorkerRecord worker, int share) =>
        Math.Min(worker.Slots - worker.Busy, worker.Slots - share - worker.SlowBusy) > Enum.GetValues<Lane>().Sum(lane => Waiting(worker, lane));

    private static int Waiting(WorkerRecord worker, Lane lane) => (int)lane < worker.Waiting.Count ? worker.Waiting[(int)lane] : 0;

    private static IReadOnlyList<Lane>? Rooms(bool quick, bool slow) => (quick, slow) switch
    {
        (true, true) => [Lane.Urgent, Lane.Short, Lane.Long, Lane.Background],
        (true, false) => [Lane.Urgent, Lane.Short],
        (false, true) => [Lane.Long, Lane.Background],
        _ => null,
    };
}
