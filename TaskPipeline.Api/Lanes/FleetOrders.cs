using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>What each worker is told: its share of the reserve, and of which lanes it may give a delivery to a worker that has room. Pure.</summary>
internal static class FleetOrders
{
    private static readonly Lane[] s_quick = [Lane.Urgent, Lane.Short];
    private static readonly Lane[] s_slow = [Lane.Long, Lane.Background];

    /// <summary>The orders, by worker.</summary>
    /// <param name="fleet">The workers, in an order that every replica agrees on.</param>
    /// <param name="queued">The tasks that are queued, in the broker and in workers, by lane in the order of <see cref="Lane"/>.</param>
    /// <param name="reserve">The reserve of the fleet.</param>
    /// <param name="outstaySeconds">A task of a quick lane that has run this long has outstayed it.</param>
    public static IReadOnlyDictionary<string, LaneOrders> For(IReadOnlyList<WorkerRecord> fleet, IReadOnlyList<long> queued, int reserve, double outstaySeconds)
    {
        var shares = FleetReserve.Share(reserve, [.. fleet.Select(worker => worker.Slots)]);
        var given = fleet.Select(_ => new List<Lane>()).ToArray();

        // Where no slot is free, but quick tasks run and none waits, one will be soon: for what waits behind slow tasks alone that is room too.
        var soon = fleet.Count(worker => HasTurnover(worker) && QuickRoom(worker) == 0 && Waiting(worker, s_quick) == 0);
        var quick = fleet.Sum(QuickRoom) - InBroker(fleet, queued, s_quick);
        Give(fleet, given, s_quick, worker => QuickRoom(worker) == 0 && !HasTurnover(worker), quick + soon, out var used);
        Give(fleet, given, s_quick, worker => QuickRoom(worker) == 0 && HasTurnover(worker), quick - used, out _);

        var slow = fleet.Select((worker, n) => SlowRoom(worker, shares[n])).ToArray();
        var full = fleet.Where((_, n) => slow[n] == 0).ToHashSet();
        Give(fleet, given, s_slow, full.Contains, slow.Sum() - InBroker(fleet, queued, [.. s_quick, .. s_slow]), out _);
        return fleet.Select((worker, n) => (worker.Id, Orders: new LaneOrders
        {
            ReservedSlots = shares[n],
            OutstaySeconds = outstaySeconds,
            RoomElsewhere = given[n].Count > 0 ? given[n] : null,
        })).ToDictionary(pair => pair.Id, pair => pair.Orders, StringComparer.Ordinal);
    }

    /// <summary>
    /// Lets workers give a delivery away, at most as many as others have room for beyond what the broker holds for them already: what is given away comes to stand behind that.
    /// </summary>
    private static void Give(IReadOnlyList<WorkerRecord> fleet, List<Lane>[] given, Lane[] lanes, Func<WorkerRecord, bool> mayGive, long room, out long used)
    {
        used = 0;
        foreach (var lane in lanes)
        {
            for (var n = 0; n < fleet.Count && used < room; n++)
            {
                if (mayGive(fleet[n]) && Waiting(fleet[n], [lane]) > 0)
                {
                    given[n].Add(lane);
                    used++;
                }
            }
        }
    }

    /// <summary>What is queued and waits in no worker.</summary>
    private static long InBroker(IReadOnlyList<WorkerRecord> fleet, IReadOnlyList<long> queued, Lane[] lanes) =>
        Math.Max(0, lanes.Sum(lane => queued[(int)lane]) - fleet.Sum(worker => (long)Waiting(worker, lanes)));

    /// <summary>Whether quick tasks run there: a slot of theirs is free again soon.</summary>
    private static bool HasTurnover(WorkerRecord worker) => worker.Busy > worker.SlowBusy;

    /// <summary>Free slots for which nothing waits there already.</summary>
    private static int QuickRoom(WorkerRecord worker) => Math.Max(0, worker.Slots - worker.Busy - Waiting(worker, s_quick));

    private static int SlowRoom(WorkerRecord worker, int share) =>
        Math.Max(0, Math.Min(worker.Slots - worker.Busy, worker.Slots - share - worker.SlowBusy) - worker.Waiting.Sum());

    private static int Waiting(WorkerRecord worker, Lane[] lanes) => lanes.Sum(lane => (int)lane < worker.Waiting.Count ? worker.Waiting[(int)lane] : 0);
}
