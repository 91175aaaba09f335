using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <inheritdoc cref="ILaneStore"/>
internal sealed class RedisLaneStore(RedisGate redis, TaskShards shards) : ILaneStore
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
        // One round: each shard tells its part of the lines, and what is kept for the fleet lies beside the first of them.
        RedisValue[] names = [.. s_lanes.Select(lane => (RedisValue)Topology.LaneName(lane))];
        var (fleet, parts) = await redis.RunAsync(
            async db =>
            {
                var figures = db.StringGetAsync([FleetKeys.LanesMeasured, FleetKeys.LanesReserve]);
                var lines = Task.WhenAll(shards.All.Select(shard => db.ScriptEvaluateAsync(RedisLaneScripts.Lines, LineKeys(shard), names)));
                return (await figures, await lines);
            },
            cancellationToken);
        return new LaneLines(
            Time((string?)parts[0][0])!.Value,
            Time(fleet[0]),
            (int)fleet[1],
            [.. s_lanes.Select((_, n) => parts.Select(part => ToLine(part, n)).Aggregate((sum, line) => sum + line))]);
    }

    public async Task<IReadOnlyList<LaneTally[]?>> GetWindowsAsync(IReadOnlyList<long> windows, CancellationToken cancellationToken)
    {
        var hashes = await redis.RunAsync(
            db => Task.WhenAll(windows.Select(window => db.HashGetAllAsync(FleetKeys.LaneWindow(window)))), cancellationToken);
        return [.. hashes.Select(entries => entries.Length == 0 ? null : ToTallies(entries))];
    }

    public async Task<IReadOnlyList<WaitCalibration>> GetWaitsAsync(CancellationToken cancellationToken)
    {
        var hashes = await redis.RunAsync(
            db => Task.WhenAll(s_lanes.SelectMany(lane => Enumerable.Range(0, WaitCalibration.Octaves).Select(octave => db.HashGetAllAsync(FleetKeys.LaneWaits(lane, octave))))),
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
        var entries = await redis.RunAsync(db => db.HashGetAllAsync(FleetKeys.RunTimes(algorithm, runClass)), cancellationToken);
        var histogram = new RunTimeHistogram();
        foreach (var (bin, count) in Counts(entries, RunTimeBins.Count))
        {
            histogram.Add(bin, count);
        }

        return histogram;
    }

    public async Task<IReadOnlyList<long?>> GetPlacesAsync(IReadOnlyList<(TaskId Id, Lane Lane)> tasks, CancellationToken cancellationToken)
    {
        // Whoever is held back stands behind everybody who is queued. Before a task stand as many in each other shard as in its own: tags are random.
        var places = await redis.RunAsync(
            db => Task.WhenAll(tasks.Select(async task =>
            {
                var shard = shards.Of(task.Id);
                var queued = db.SortedSetRankAsync(shard.LaneQueue(task.Lane), task.Id.ToString());
                var held = db.SortedSetRankAsync(shard.LaneHeld(task.Lane), task.Id.ToString());
                var length = db.SortedSetLengthAsync(shard.LaneQueue(task.Lane));
                var before = await queued ?? (await held is { } rank ? await length + rank : null);
                return (before * shards.Count) + 1;
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
            db => db.ScriptEvaluateAsync(RedisLaneScripts.Count, [FleetKeys.LaneWindow(window), FleetKeys.LanesMeasured], values), cancellationToken);
    }

    public Task AddRunTimesAsync(string algorithm, string runClass, IReadOnlyDictionary<int, int> runs, CancellationToken cancellationToken) =>
        LearnAsync(FleetKeys.RunTimes(algorithm, runClass), RunTimeHistogram.MaxRuns, s_runTimesLife, runs, cancellationToken);

    public Task AddWaitsAsync(Lane lane, int octave, IReadOnlyDictionary<int, int> waits, CancellationToken cancellationToken) =>
        LearnAsync(FleetKeys.LaneWaits(lane, octave), WaitCalibration.MaxWaits, s_waitsLife, waits, cancellationToken);

    public Task SetReserveAsync(int reserve, CancellationToken cancellationToken) =>
        redis.RunAsync(db => db.StringSetAsync(FleetKeys.LanesReserve, reserve, s_reserveLife), cancellationToken);

    public async Task<int> LetGoAsync(Lane lane, long until, CancellationToken cancellationToken)
    {
        var answers = await redis.RunAsync(
            db => Task.WhenAll(shards.All.Select(shard => db.ScriptEvaluateAsync(
                RedisLaneScripts.LetGo, [shard.LaneQueue(lane), shard.LaneHeld(lane), shard.LaneTimes(lane), shard.Timers], [shards.PartOf(until)]))),
            cancellationToken);
        return answers.Sum(answer => (int)answer);
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

    private static RedisKey[] LineKeys(ShardKeys shard) =>
        [shard.LanesRunning, .. s_lanes.SelectMany(lane => new[] { shard.LaneQueue(lane), shard.LaneHeld(lane) })];

    /// <summary>One shard's part of a line. A shard that lost its data counts what ends, not what started.</summary>
    private static LaneLine ToLine(RedisResult part, int lane) => new(
        (long)part[1 + (4 * lane)], (long)part[2 + (4 * lane)], Math.Max(0, (long)part[3 + (4 * lane)]), Time((string?)part[4 + (4 * lane)]));

    private static DateTimeOffset? Time(string? microseconds) =>
        double.TryParse(microseconds, CultureInfo.InvariantCulture, out var value) ? RedisClock.FromMicroseconds((long)value) : null;
}
