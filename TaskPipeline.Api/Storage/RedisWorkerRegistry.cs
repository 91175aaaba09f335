using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Storage;

/// <inheritdoc cref="IWorkerRegistry"/>
internal sealed class RedisWorkerRegistry(RedisGate redis, RedisClock clock, TimeProvider time, IOptions<TaskStoreOptions> options) : IWorkerRegistry
{
    private const string Announcement = "announcement";
    private const string Busy = "busy";
    private const string SlowBusy = "slow";
    private const string Waiting = "waiting";

    private static readonly TimeSpan s_algorithmLife = TimeSpan.FromDays(30);

    /// <summary>How long a description may be used that was read before: every submission needs one, and they hardly change.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _silence = options.Value.WorkerSilence;

    /// <summary>What was read a moment ago; only algorithms that are there, so that their number bounds it.</summary>
    private readonly ConcurrentDictionary<string, Reading> _read = new(StringComparer.Ordinal);

    public async Task AnnounceAsync(AnnounceReport report, CancellationToken cancellationToken)
    {
        var announcement = JsonSerializer.SerializeToUtf8Bytes(report, StorageJsonContext.Default.AnnounceReport);
        await redis.RunAsync(
            async db =>
            {
                var transaction = db.CreateTransaction();
                _ = transaction.HashSetAsync(FleetKeys.Worker(report.Worker), [new HashEntry(Announcement, announcement), new HashEntry(Busy, 0)]);
                _ = transaction.KeyExpireAsync(FleetKeys.Worker(report.Worker), _silence);
                _ = transaction.SortedSetAddAsync(FleetKeys.Workers, report.Worker, RedisClock.ToMicroseconds(clock.Now));
                _ = transaction.KeyExpireAsync(FleetKeys.Workers, _silence * 2);
                if (report.Algorithms.Count > 0)
                {
                    _ = transaction.HashSetAsync(FleetKeys.Algorithms, [.. report.Algorithms.Select(Entry)]);
                    _ = transaction.KeyExpireAsync(FleetKeys.Algorithms, s_algorithmLife);
                }

                return await transaction.ExecuteAsync();
            },
            cancellationToken);
    }

    public async Task<bool> BeatAsync(HeartbeatReport report, CancellationToken cancellationToken)
    {
        if (report.Draining)
        {
            await redis.RunAsync(db => db.KeyDeleteAsync(FleetKeys.Worker(report.Worker)), cancellationToken);
            await redis.RunAsync(db => db.SortedSetRemoveAsync(FleetKeys.Workers, report.Worker), cancellationToken);
            return true;
        }

        return await redis.RunAsync(
            async db =>
            {
                // Only of a worker that is there: a beat must not bring half of it back.
                var transaction = db.CreateTransaction();
                transaction.AddCondition(Condition.HashExists(FleetKeys.Worker(report.Worker), Announcement));
                _ = transaction.HashSetAsync(
                    FleetKeys.Worker(report.Worker),
                    [new HashEntry(Busy, report.Busy), new HashEntry(SlowBusy, report.SlowBusy), new HashEntry(Waiting, string.Join(' ', report.Waiting ?? []))]);
                _ = transaction.KeyExpireAsync(FleetKeys.Worker(report.Worker), _silence);
                _ = transaction.SortedSetAddAsync(FleetKeys.Workers, report.Worker, RedisClock.ToMicroseconds(clock.Now));
                _ = transaction.KeyExpireAsync(FleetKeys.Workers, _silence * 2);
                _ = transaction.KeyExpireAsync(FleetKeys.Algorithms, s_algorithmLife);
                return await transaction.ExecuteAsync();
            },
            cancellationToken);
    }

    public async Task<IReadOnlyList<WorkerRecord>> GetWorkersAsync(CancellationToken cancellationToken)
    {
        var silentSince = RedisClock.ToMicroseconds(clock.Now - _silence);
        await redis.RunAsync(db => db.SortedSetRemoveRangeByScoreAsync(FleetKeys.Workers, double.NegativeInfinity, silentSince), cancellationToken);
        var alive = await redis.RunAsync(db => db.SortedSetRangeByRankWithScoresAsync(FleetKeys.Workers), cancellationToken);
        var hashes = await redis.RunAsync(
            db => Task.WhenAll(alive.Select(entry => db.HashGetAsync(FleetKeys.Worker(entry.Element!), [Announcement, Busy, SlowBusy, Waiting]))), cancellationToken);

        return
        [
            .. alive.Zip(hashes)
                .Where(pair => !pair.Second[0].IsNull)
                .Select(pair => ToRecord(pair.First, pair.Second))
                .OrderBy(worker => worker.Id, StringComparer.Ordinal),
        ];
    }

    public async Task<IReadOnlyList<AlgorithmDescription>> GetAlgorithmsAsync(CancellationToken cancellationToken)
    {
        var entries = await redis.RunAsync(db => db.HashValuesAsync(FleetKeys.Algorithms), cancellationToken);
        return [.. entries.Select(Parse).OrderBy(algorithm => algorithm.Name, StringComparer.Ordinal)];
    }

    public async Task<AlgorithmDescription?> FindAlgorithmAsync(string name, CancellationToken cancellationToken)
    {
        if (_read.TryGetValue(name, out var reading) && time.GetElapsedTime(reading.At) < s_fresh)
        {
            return reading.Algorithm;
        }

        var entry = await redis.RunAsync(db => db.HashGetAsync(FleetKeys.Algorithms, name), cancellationToken);
        if (entry.IsNull)
        {
            _read.TryRemove(name, out _);
            return null;
        }

        var algorithm = Parse(entry);
        _read[name] = new Reading(algorithm, time.GetTimestamp());
        return algorithm;
    }

    private static HashEntry Entry(AlgorithmDescription algorithm) =>
        new(algorithm.Name, JsonSerializer.SerializeToUtf8Bytes(algorithm, StorageJsonContext.Default.AlgorithmDescription));

    private static AlgorithmDescription Parse(RedisValue value) =>
        JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)value).Span, StorageJsonContext.Default.AlgorithmDescription)!;

    private static WorkerRecord ToRecord(SortedSetEntry entry, RedisValue[] fields)
    {
        var announcement = JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)fields[0]).Span, StorageJsonContext.Default.AnnounceReport)!;
        return new WorkerRecord(
            announcement.Worker,
            announcement.Slots,
            (int)fields[1],
            [.. announcement.Algorithms.Select(algorithm => algorithm.Name).Order(StringComparer.Ordinal)],
            announcement.Problems,
            RedisClock.FromMicroseconds((long)entry.Score))
        {
            SlowBusy = fields[2].IsNull ? 0 : (int)fields[2],
            Waiting = [.. ((string?)fields[3] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)],
        };
    }

    private sealed record Reading(AlgorithmDescription Algorithm, long At);
}
