using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>What the API knows and decides, with the product's own measure of load, reserve, model and calibration of waits.</summary>
internal sealed class SimApi(double longAfterSeconds)
{
    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    private readonly LaneOptions _options = new();
    private readonly WaitCalibration[] _waits = [.. s_lanes.Select(_ => new WaitCalibration())];
    private readonly Dictionary<long, LaneTally[]> _windows = [];
    private LaneLoad? _load;
    private int _slots;

    /// <summary>The reserve of the fleet.</summary>
    public int Reserve { get; private set; }

    public double OutstaySeconds => longAfterSeconds * _options.OutstayFactor;

    /// <summary>What can be told; null before the first look.</summary>
    public LaneForecast? Forecast { get; private set; }

    public void Arrived(Lane lane, double now) => Tally(lane, now, new LaneTally(Arrivals: 1, Ended: 0, RunSeconds: 0, SlowSeconds: 0));

    public void Ended(SimRun run, double now) =>
        Tally(run.Slot.Lane, now, new LaneTally(Arrivals: 0, Ended: 1, now - run.StartedAt, now - (run.DemotedAt ?? now)));

    public void Started(SimTask task, Lane lane, double now)
    {
        if (task.Expected is { } expected)
        {
            _waits[(int)lane].Add(WaitCalibration.OctaveOf(expected), WaitCalibration.RatioOf(expected, now - task.Arrival));
        }
    }

    /// <summary>Measures the load and computes the reserve.</summary>
    public void Measure(double now, int slots)
    {
        _slots = slots;
        var newest = WindowOf(now);
        _load = LaneLoad.Measure(
            [.. Enumerable.Range(0, LaneLoad.Windows).Select(age => _windows.GetValueOrDefault(newest - age))],
            TimeSpan.FromSeconds(now - (newest * LaneLoad.Window.TotalSeconds)),
            TimeSpan.FromSeconds(now),
            OutstaySeconds);
        _windows.Remove(newest - LaneLoad.Windows);
        Reserve = FleetReserve.Compute(slots, _load.Quick, _load.Slow, _load.SlowUncertainty, Reserve);
    }

    /// <summary>Looks at the lines.</summary>
    public void Look(SimLine[] lines, double[] running)
    {
        if (_load is null)
        {
            return;
        }

        var fleet = new FleetFigures(_slots, Reserve, [.. lines.Select(line => (double)line.Depth)], running, _load);
        Forecast = new LaneForecast(fleet, _waits, new LaneLines(DateTimeOffset.UnixEpoch, MeasuredSince: null, Reserve, []), _options);
    }

    /// <summary>What each worker is told with its heartbeat.</summary>
    public IReadOnlyDictionary<string, LaneOrders> Orders(IReadOnlyList<SimWorker> workers, SimLine[] lines) => FleetOrders.For(
        [
            .. workers.Select(worker => new WorkerRecord($"{worker.Index:D6}", worker.Slots, worker.Busy, [], [], DateTimeOffset.UnixEpoch)
            {
                SlowBusy = worker.Queue.Counts.Slow,
                Waiting = [.. s_lanes.Select(worker.Queue.Waiting)],
            }),
        ],
        [.. lines.Select(line => (long)line.Queued)],
        Reserve,
        OutstaySeconds);

    public double MaxWaitSeconds(Lane lane) => _options.Of(lane).MaxWait.TotalSeconds;

    private static long WindowOf(double now) => (long)(now / LaneLoad.Window.TotalSeconds);

    private void Tally(Lane lane, double now, LaneTally tally)
    {
        var window = WindowOf(now);
        if (!_windows.TryGetValue(window, out var tallies))
        {
            _windows.Add(window, tallies = new LaneTally[s_lanes.Length]);
        }

        tallies[(int)lane] += tally;
    }
}
