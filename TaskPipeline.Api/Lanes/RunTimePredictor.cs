using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>
/// Predicts run times from those of the same class, as this replica knows them: read when a class is first asked for, and again in the
/// background when what is known is some seconds old. What this replica learns counts here at once. Thread safe.
/// </summary>
internal sealed class RunTimePredictor(
    ILaneStore store, TimeProvider time, IOptions<LaneOptions> lanes, IOptions<TaskOptions> tasks, ILogger<RunTimePredictor> logger)
{
    private const int MaxClasses = 4096;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<(string Algorithm, string RunClass), Known> _known = new();
    private readonly ConcurrentDictionary<(string Algorithm, string RunClass, int Bin), int> _learned = new();

    /// <summary>The lane and the expected run time of a task.</summary>
    public async Task<RunTimePrediction> PredictAsync(
        TaskPriority priority, AlgorithmDescription algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var runClass = RunClass.Of(algorithm, input.Span);
        var known = await GetAsync(algorithm.Name, runClass, cancellationToken);
        var (upper, middle) = known.Quantiles(lanes.Value.Quantile, algorithm.ExpectedSeconds);
        var lane = priority switch
        {
            TaskPriority.Urgent => Lane.Urgent,
            TaskPriority.Background => Lane.Background,
            TaskPriority.Normal => upper > tasks.Value.LongAfterSeconds ? Lane.Long : Lane.Short,
            _ => throw new ArgumentOutOfRangeException(nameof(priority), priority, "not a priority"),
        };
        return new RunTimePrediction(lane, runClass, middle ?? tasks.Value.LongAfterSeconds / 2);
    }

    /// <summary>Takes note of a run.</summary>
    public void Learn(string algorithm, string runClass, double seconds)
    {
        var bin = RunTimeBins.IndexOf(seconds);
        _learned.AddOrUpdate((algorithm, runClass, bin), 1, (_, runs) => runs + 1);
        if (_known.TryGetValue((algorithm, runClass), out var known))
        {
            known.Add(bin);
        }
    }

    /// <summary>Writes what was learned since the last time. What cannot be written now is written later.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var group in _learned.Keys.GroupBy(key => (key.Algorithm, key.RunClass)).ToArray())
        {
            var runs = new Dictionary<int, int>();
            foreach (var key in group)
            {
                if (_learned.TryRemove(key, out var count))
                {
                    runs.Add(key.Bin, count);
                }
            }

            try
            {
                await store.AddRunTimesAsync(group.Key.Algorithm, group.Key.RunClass, runs, cancellationToken);
            }
            catch (StoreUnavailableException) when (_learned.Count < MaxClasses)
            {
                foreach (var (bin, count) in runs)
                {
                    _learned.AddOrUpdate((group.Key.Algorithm, group.Key.RunClass, bin), count, (_, more) => more + count);
                }

                throw;
            }
        }
    }

    private async Task<Known> GetAsync(string algorithm, string runClass, CancellationToken cancellationToken)
    {
        var key = (algorithm, runClass);
        if (_known.TryGetValue(key, out var known))
        {
            if (time.GetElapsedTime(known.ReadAt) > s_fresh && known.TryBeginReading())
            {
                _ = ReadAgainAsync(key, known);
            }

            return known;
        }

        if (_known.Count >= MaxClasses)
        {
            // What is still in use comes back with one read each.
            _known.Clear();
        }

        try
        {
            return _known[key] = new Known(await store.GetRunTimesAsync(algorithm, runClass, cancellationToken), time.GetTimestamp());
        }
        catch (StoreUnavailableException)
        {
            // The submission itself is about to say so.
            return new Known(new RunTimeHistogram(), time.GetTimestamp());
        }
    }

    private async Task ReadAgainAsync((string Algorithm, string RunClass) key, Known known)
    {
        try
        {
            var histogram = await store.GetRunTimesAsync(key.Algorithm, key.RunClass, CancellationToken.None);

            // What was learned here and is not written yet is not in it.
            foreach (var (learned, runs) in _learned.Where(pair => pair.Key.Algorithm == key.Algorithm && pair.Key.RunClass == key.RunClass))
            {
                histogram.Add(learned.Bin, runs);
            }

            _known.TryUpdate(key, new Known(histogram, time.GetTimestamp()), known);
        }
        catch (Exception exception)
        {
            // Nobody waits for it: what is known stays in use, and the next submission tries again.
            Log.RunTimesUnread(logger, key.Algorithm, exception.Message);
            known.EndReading(time.GetTimestamp());
        }
    }

    /// <summary>What is known of one class. Thread safe.</summary>
    private sealed class Known(RunTimeHistogram histogram, long readAt)
    {
        private readonly Lock _lock = new();
        private long _readAt = readAt;
        private int _reading;

        public long ReadAt => Volatile.Read(ref _readAt);

        public bool TryBeginReading() => Interlocked.Exchange(ref _reading, 1) == 0;

        public void EndReading(long now)
        {
            Volatile.Write(ref _readAt, now);
            Volatile.Write(ref _reading, 0);
        }

        public void Add(int bin)
        {
            lock (_lock)
            {
                histogram.Add(bin);
            }
        }

        public (double? Upper, double? Middle) Quantiles(double upper, double? expected)
        {
            lock (_lock)
            {
                return (histogram.Quantile(upper, expected), histogram.Quantile(0.5, expected));
            }
        }
    }
}

/// <summary>What is expected of a run.</summary>
/// <param name="Lane">The lane that it belongs to.</param>
/// <param name="RunClass">Which runs it is like.</param>
/// <param name="Seconds">How long it takes as a rule.</param>
internal sealed record RunTimePrediction(Lane Lane, string RunClass, double Seconds);
