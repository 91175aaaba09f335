using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Chaos.Audit;

/// <summary>Whether Redis holds what it should when every task has ended: all of them, no other, and nothing without an end of its life.</summary>
internal static class StoreAudit
{
    private static readonly ShardKeys s_shard = new(number: 0);

    /// <summary>What is trimmed with the retention of the tasks in it, or has a bounded number of fields, or is one number, instead of expiring.</summary>
    private static readonly string[] s_trimmed = [s_shard.Ended!, s_shard.All!, s_shard.LanesRunning!, FleetKeys.Shards!];

    private static readonly string s_index = s_shard.Prefix + "index:";

    public static async Task CheckAsync(string address, IReadOnlyCollection<string> accepted, Findings findings)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{address},allowAdmin=true,connectRetry=5,asyncTimeout=30000");
        var redis = connection.GetDatabase();
        var keys = (string[])(await redis.ExecuteAsync("KEYS", "*"))!;
        foreach (var key in keys.Where(key => !s_trimmed.Contains(key) && !key.StartsWith(s_index, StringComparison.Ordinal)))
        {
            if (await redis.KeyTimeToLiveAsync(key) is null && await redis.KeyExistsAsync(key))
            {
                findings.Add($"the key {key} has no end of its life");
            }
        }

        var known = (await redis.SortedSetRangeByRankAsync(s_shard.All)).Select(id => (string)id!).ToHashSet();
        Compare("Redis lost", accepted.Where(id => !known.Contains(id)), findings);
        Compare("Redis holds tasks that nobody submitted:", known.Where(id => !accepted.Contains(id)), findings);
        if (await redis.SortedSetLengthAsync(s_shard.Ended) is var ended && ended != accepted.Count)
        {
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"the retention of {ended} tasks is watched, of {accepted.Count} that have ended"));
        }

        var running = await redis.HashGetAllAsync(s_shard.LanesRunning);
        Compare("lanes still count running tasks:", running.Where(lane => (long)lane.Value != 0).Select(lane => lane.ToString()), findings);
    }

    private static void Compare(string what, IEnumerable<string> wrong, Findings findings)
    {
        var some = wrong.ToArray();
        if (some.Length > 0)
        {
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {some.Length}: {string.Join(", ", some.Take(20))}"));
        }
    }
}
