using Microsoft.Extensions.Options;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// Reads the lines and the fleet, writes what this replica has seen, computes the reserve, and lets held-back tasks go when their
/// turn comes. Every replica does it: each step is atomic and safe to repeat.
/// </summary>
internal sealed class LaneKeeper(
    LaneBoard board, RunTimePredictor predictor, ILaneStore store, IWorkerRegistry workers, TimeProvider time, LaneKeeperOptions options, ILogger<LaneKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(250);

    /// <summary>So many beats pass between two looks at what changes slowly.</summary>
    private const int SlowBeats = 8;

    /// <summary>Windows that are over, by number; the loop alone touches it.</summary>
    private readonly Dictionary<long, LaneTally[]?> _over = [];
    private IReadOnlyList<WaitCalibration> _waits = [];
    private IReadOnlyList<WorkerRecord> _fleet = [];
    private LaneLoad? _load;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var available = true;
        for (var beat = 0L; !stoppingToken.IsCancellationRequested; beat++)
        {
            try
            {
                await BeatAsync(beat % SlowBeats == 0, stoppingToken);
                available = true;
            }
            catch (StoreUnavailableException exception)
            {
                if (available)
                {
                    available = false;
                    Log.LanesUnavailable(logger, exception.Message);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The edge of the loop: one bad beat must not be the last one.
                Log.BeatFailed(logger, exception);
            }

            await Task.Delay(s_beat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task BeatAsync(bool slow, CancellationToken cancellationToken)
    {
        var lines = await store.GetLinesAsync(cancellationToken);
        if (slow || _load is null)
        {
            await WriteAsync(lines.Now, cancellationToken);
            _waits = await store.GetWaitsAsync(cancellationToken);
            _fleet = await workers.GetWorkersAsync(cancellationToken);
            _load = await MeasureAsync(lines, cancellationToken);
        }

        var slots = _fleet.Sum(worker => worker.Slots);
        var reserve = FleetReserve.Compute(slots, _load.Quick, _load.Slow, _load.SlowUncertainty, lines.Reserve);
        if (reserve != lines.Reserve || slow)
        {
            await store.SetReserveAsync(reserve, cancellationToken);
        }

        var fleet = new FleetFigures(
            slots, reserve, [.. lines.Lanes.Select(lane => (double)lane.Depth)], [.. lines.Lanes.Select(lane => (double)lane.Running)], _load);
        var forecast = new LaneForecast(fleet, _waits, lines, options.Lanes);
        board.Show(forecast, FleetOrders.For(_fleet, [.. lines.Lanes.Select(lane => lane.Queued)], reserve, options.OutstaySeconds));
        foreach (var lane in Enum.GetValues<Lane>().Where(lane => lines.Lanes[(int)lane].Held > 0))
        {
            await store.LetGoAsync(lane, forecast.HoldFrom(lane), cancellationToken);
        }
    }

    private async Task WriteAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await predictor.WriteAsync(cancellationToken);
        foreach (var (lane, octave, waits) in board.TakeWaits())
        {
            await store.AddWaitsAsync(lane, octave, waits, cancellationToken);
        }

        if (board.TakeTallies() is { } tallies)
        {
            try
            {
                await store.AddAsync(WindowOf(now), tallies, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                board.PutBack(tallies);
                throw;
            }
        }
    }

    private async Task<LaneLoad> MeasureAsync(LaneLines lines, CancellationToken cancellationToken)
    {
        var newest = WindowOf(lines.Now);
        long[] all = [.. Enumerable.Range(0, LaneLoad.Windows).Select(age => newest - age)];

        // A window that has been over for another one is complete: no replica writes that late.
        long[] missing = [.. all.Where(window => !_over.ContainsKey(window))];
        var read = missing.Zip(await store.GetWindowsAsync(missing, cancellationToken)).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var window in missing.Where(window => window < newest - 1))
        {
            _over[window] = read[window];
        }

        foreach (var window in _over.Keys.Where(window => window <= newest - LaneLoad.Windows).ToArray())
        {
            _over.Remove(window);
        }

        var current = lines.Now - DateTimeOffset.UnixEpoch - (newest * LaneLoad.Window);
        var measured = lines.MeasuredSince is { } since ? lines.Now - since : TimeSpan.Zero;
        return LaneLoad.Measure([.. all.Select(window => read.GetValueOrDefault(window) ?? _over.GetValueOrDefault(window))], current, measured, options.OutstaySeconds);
    }

    private static long WindowOf(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks / LaneLoad.Window.Ticks;
}

/// <summary>What the keeper needs to know of the options.</summary>
/// <param name="lanes">The options of lanes.</param>
/// <param name="tasks">The options of tasks.</param>
internal sealed class LaneKeeperOptions(IOptions<LaneOptions> lanes, IOptions<TaskOptions> tasks)
{
    public LaneOptions Lanes => lanes.Value;

    /// <summary>A task of a quick lane that has run this long has outstayed it.</summary>
    public double OutstaySeconds => lanes.Value.OutstayFactor * tasks.Value.LongAfterSeconds;
}
