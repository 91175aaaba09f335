using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// What this replica knows of the lanes, and what it has seen itself since that was read. Submissions and reports use it without asking
/// Redis; <see cref="LaneKeeper"/> keeps it up to date and writes what was seen. Thread safe.
/// </summary>
internal sealed class LaneBoard(RunTimePredictor predictor, IOptions<LaneOptions> options)
{
    private static readonly int s_lanes = Enum.GetValues<Lane>().Length;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<(Lane Lane, int Octave, int Ratio), int> _waits = new();

    /// <summary>Guarded by <see cref="_lock"/>: what happened since it was written last.</summary>
    private LaneTally[] _tallies = new LaneTally[s_lanes];

    /// <summary>Tasks that this replica queued, less those it let start, since the lines were read.</summary>
    private readonly long[] _sinceRead = new long[s_lanes];
    private volatile LaneForecast _forecast = LaneForecast.Unknown(options.Value);
    private volatile IReadOnlyDictionary<string, LaneOrders> _orders = new Dictionary<string, LaneOrders>();

    /// <summary>What can be told now.</summary>
    public LaneForecast Forecast => _forecast;

    /// <summary>Takes over what was read.</summary>
    public void Show(LaneForecast forecast, IReadOnlyDictionary<string, LaneOrders> orders)
    {
        Array.Clear(_sinceRead);
        _forecast = forecast;
        _orders = orders;
    }

    /// <summary>What a worker is to do; null while nothing is known of it.</summary>
    public LaneOrders? OrdersFor(string worker) => _orders.GetValueOrDefault(worker);

    /// <summary>How many wait in a lane, as far as this replica knows.</summary>
    public long Depth(Lane lane) => Math.Max(0, _forecast.Lines.Lanes[(int)lane].Depth + Interlocked.Read(ref _sinceRead[(int)lane]));

    /// <summary>A task was queued.</summary>
    public void Queued(Lane lane)
    {
        Interlocked.Increment(ref _sinceRead[(int)lane]);
        Tally(lane, new LaneTally(Arrivals: 1, Ended: 0, RunSeconds: 0, SlowSeconds: 0));
    }

    /// <summary>A task was started. The wait of one that was never tried before is compared with what was expected.</summary>
    public void Started(TaskRecord record)
    {
        Interlocked.Decrement(ref _sinceRead[(int)record.Lane]);
        if (record is { Attempt: 1, ExpectedWaitSeconds: { } expected, StartedAt: { } startedAt })
        {
            var actual = (startedAt - record.CreatedAt).TotalSeconds;
            _waits.AddOrUpdate(
                (record.Lane, WaitCalibration.OctaveOf(expected), WaitCalibration.RatioOf(expected, actual)), 1, (_, count) => count + 1);
        }
    }

    /// <summary>A run ended.</summary>
    public void Ended(TaskRecord record, FinishedReport report)
    {
        if (report.Usage is not { WallSeconds: >= 0 and var seconds })
        {
            return;
        }

        Tally(record.Lane, new LaneTally(Arrivals: 0, Ended: 1, seconds, Math.Clamp(report.DemotedSeconds ?? 0, 0, seconds)));

        // A run that failed says nothing about one that succeeds; one that was stopped takes at least that long.
        if (record.RunClass is { } runClass && report.Outcome is TaskOutcome.Completed or TaskOutcome.TimedOut)
        {
            predictor.Learn(record.Submission.Algorithm, runClass, seconds);
        }
    }

    /// <summary>A run has outstayed its lane: it is known at once to take longer than it has, and counted as if it took twice that.</summary>
    public void Demoted(DemotedReport report)
    {
        if (report.RunClass is { } runClass)
        {
            predictor.Learn(report.Algorithm, runClass, report.RunSeconds * 2);
        }
    }

    /// <summary>Takes what happened in the lanes since the last time; null when nothing did.</summary>
    public LaneTally[]? TakeTallies()
    {
        lock (_lock)
        {
            if (_tallies.All(tally => tally == default))
            {
                return null;
            }

            var taken = _tallies;
            _tallies = new LaneTally[s_lanes];
            return taken;
        }
    }

    /// <summary>Puts back what could not be written.</summary>
    public void PutBack(LaneTally[] tallies)
    {
        for (var lane = 0; lane < tallies.Length; lane++)
        {
            Tally((Lane)lane, tallies[lane]);
        }
    }

    /// <summary>Takes the waits that were seen since the last time.</summary>
    public IReadOnlyList<(Lane Lane, int Octave, IReadOnlyDictionary<int, int> Waits)> TakeWaits()
    {
        var taken = new Dictionary<(Lane Lane, int Octave), Dictionary<int, int>>();
        foreach (var key in _waits.Keys)
        {
            if (_waits.TryRemove(key, out var count))
            {
                if (!taken.TryGetValue((key.Lane, key.Octave), out var waits))
                {
                    taken.Add((key.Lane, key.Octave), waits = []);
                }

                waits.Add(key.Ratio, count);
            }
        }

        return [.. taken.Select(pair => (pair.Key.Lane, pair.Key.Octave, (IReadOnlyDictionary<int, int>)pair.Value))];
    }

    private void Tally(Lane lane, LaneTally tally)
    {
        lock (_lock)
        {
            _tallies[(int)lane] += tally;
        }
    }
}
