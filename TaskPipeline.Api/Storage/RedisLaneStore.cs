using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <inheritdoc cref="ILaneStore"/>
internal sealed class RedisLaneStore(RedisGate redis) : ILaneStore
{
    private const string Sum = "n";

    private static readonly TimeSpan s_runTimesLife = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_waitsLife = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_reserveLife = TimeSpan.FromHours(1);
    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    /// <summary>In the order of <see cref="Amounts"/>.</summary>
    private static readonly string[] s_amounts = ["arrivals", "ended", "run-milliseconds", "slow-milliseconds"];

    public async Task<LaneLines> GetLinesAsync(CancellationToken cancellationToken)
    {
        RedisKey[] keys =
        [
            RedisTaskKeys.LanesRunning, RedisTaskKeys.LanesMeasured, RedisTaskKeys.LanesReserve,
            .. s_lanes.SelectMany(lane => new[] { RedisTaskKeys.LaneQueue(lane), RedisTaskKeys.LaneHeld(lane) }),
        ];
        RedisValue[] names = [.. s_lanes.Select(lane => (RedisValue)Topology.LaneName(lane))];
        var answer = (RedisResult[])(await redis.RunAsync(db => db.ScriptEvaluateAsync(RedisLaneScripts.Lines, keys, names), cancellationToken))!;
        return new LaneLines(
            Time(answer[0])!.Value,
            Time(answer[1]),
            (int)answer[2],
            [.. s_lanes.Select((_, n) => new LaneLine((long)answer[3 + (4 * n)], (long)answer[4 + (4 * n)], Math.Max(0, (long)answer[5 + (4 * n)]), Time(answer[6 + (4 * n)])))]);
    }

    public async Task<IReadOnlyList<LaneTally[]?>> GetWindowsAsync(IReadOnlyList<long> windows, CancellationToken cancellationToken)
    {
        var hashes = await redis.RunAsync(
            db => Task.WhenAll(windows.Select(window => db.HashGetAllAsync(RedisTaskKeys.LaneWindow(window)))), cancellationToken);
        return [.. hashes.Select(entries => entries.Length == 0 ? null : ToTallies(entries))];
    }

    public async Task<IReadOnlyList<WaitCalibration>> GetWaitsAsync(CancellationToken cancellationToken)
    {
        var hashes = await redis.RunAsync(
            db => Task.WhenAll(s_lanes.SelectMany(lane => Enumerable.Range(0, WaitCalibration.Octaves).Select(octave => db.HashGetAllAsync(RedisTaskKeys.LaneWaits(lane, octave))))),
            cancellationToken);
        var waits = s_lanes.Select(_ => new WaitCalibration()).ToArray();
        for (var n = 0; n < hashes.Length; n++)
        {
            foreach (var (ratio, count) in Counts(hashes[n], WaitCalibration.Ratios))
            {
                waits[n / WaitCalibration.Octaves].Add(n % WaitCalibration.Octaves, ratio, count);
            }
        }

        return waits;
    }

    public async Task<RunTimeHistogram> GetRunTimesAsync(string algorithm, string runClass, CancellationToken cancellationToken)
    {
        var entries = await redis.RunAsync(db => db.HashGetAllAsync(RedisTaskKeys.RunTimes(algorithm, runClass)), cancellationToken);
        var histogram = new RunTimeHistogram();
        foreach (var (bin, count) in Counts(entries, RunTimeBins.Count))
        {
            histogram.Add(bin, count);
        }

        return histogram;
    }

    public async Task<IReadOnlyList<long?>> GetPlacesAsync(IReadOnlyList<(TaskId Id, Lane Lane)> tasks, CancellationToken cancellationToken)
    {
        // Whoever is held back stands behind everybody who is queued.
        var places = await redis.RunAsync(
            db => Task.WhenAll(tasks.Select(async task =>
            {
                var queued = db.SortedSetRankAsync(RedisTaskKeys.LaneQueue(task.Lane), task.Id.ToString());
                var held = db.SortedSetRankAsync(RedisTaskKeys.LaneHeld(task.Lane), task.Id.ToString());
                var before = db.SortedSetLengthAsync(RedisTaskKeys.LaneQueue(task.Lane));
                return await queued is { } rank ? rank + 1 : await held is { } behind ? await before + behind + 1 : (long?)null;
            })),
            cancellationToken);
        return places;
    }

    public Task AddAsync(long window, LaneTally[] tallies, CancellationToken cancellationToken)
    {
        var life = LaneLoad.Window * (LaneLoad.Windows + 1);
        RedisValue[] values =
        [
            (long)life.TotalMilliseconds,
            .. tallies.SelectMany((tally, lane) => Amounts(tally).Select((amount, n) => (Field: Field((Lane)lane, n), amount)))
                .Where(pair => pair.amount != 0)
                .SelectMany(pair => new RedisValue[] { pair.Field, pair.amount }),
        ];
        return redis.RunAsync(
            db => db.ScriptEvaluateAsync(RedisLaneScripts.Count, [RedisTaskKeys.LaneWindow(window), RedisTaskKeys.LanesMeasured], values), cancellationToken);
    }

    public Task AddRunTimesAsync(string algorithm, string runClass, IReadOnlyDictionary<int, int> runs, CancellationToken cancellationToken) =>
        LearnAsync(RedisTaskKeys.RunTimes(algorithm, runClass), RunTimeHistogram.MaxRuns, s_runTimesLife, runs, cancellationToken);

    public Task AddWaitsAsync(Lane lane, int octave, IReadOnlyDictionary<int, int> waits, CancellationToken cancellationToken) =>
        LearnAsync(RedisTaskKeys.LaneWaits(lane, octave), WaitCalibration.MaxWaits, s_waitsLife, waits, cancellationToken);

    public Task SetReserveAsync(int reserve, CancellationToken cancellationToken) =>
        redis.RunAsync(db => db.StringSetAsync(RedisTaskKeys.LanesReserve, reserve, s_reserveLife), cancellationToken);

    public async Task<int> LetGoAsync(Lane lane, long until, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [RedisTaskKeys.LaneQueue(lane), RedisTaskKeys.LaneHeld(lane), RedisTaskKeys.LaneTimes(lane), RedisTaskKeys.Timers];
        return (int)await redis.RunAsync(db => db.ScriptEvaluateAsync(RedisLaneScripts.LetGo, keys, [until]), cancellationToken);
    }

    private Task LearnAsync(RedisKey key, int most, TimeSpan life, IReadOnlyDictionary<int, int> counts, CancellationToken cancellationToken)
    {
        RedisValue[] values = [most, (long)life.TotalMilliseconds, .. counts.SelectMany(pair => new RedisValue[] { pair.Key, pair.Value })];
        return redis.RunAsync(db => db.ScriptEvaluateAsync(RedisLaneScripts.Learn, [key], values), cancellationToken);
    }

    private static IEnumerable<(int Index, double Count)> Counts(HashEntry[] entries, int most) => entries
        .Where(entry => entry.Name != Sum)
        .Select(entry => ((int)entry.Name, (double)entry.Value))
        .Where(entry => entry.Item1 >= 0 && entry.Item1 < most);

    private static string Field(Lane lane, int amount) => $"{Topology.LaneName(lane)}:{s_amounts[amount]}";

    private static long[] Amounts(LaneTally tally) =>
        [(long)tally.Arrivals, (long)tally.Ended, (long)Math.Round(tally.RunSeconds * 1000), (long)Math.Round(tally.SlowSeconds * 1000)];

    private static LaneTally[] ToTallies(HashEntry[] entries)
    {
        var amounts = entries.ToDictionary(entry => (string)entry.Name!, entry => (double)entry.Value);
        return
        [
            .. s_lanes.Select(lane =>
            {
                var of = s_amounts.Select((_, n) => amounts.GetValueOrDefault(Field(lane, n))).ToArray();
                return new LaneTally(of[0], of[1], of[2] / 1000, of[3] / 1000);
            }),
        ];
    }

    private static DateTimeOffset? Time(RedisResult microseconds) =>
        double.TryParse((string?)microseconds, CultureInfo.InvariantCulture, out var value) ? RedisClock.FromMicroseconds((long)value) : null;
}
