using System.Globalization;

namespace TaskPipeline.Api.Storage;

/// <summary>What the memory of Redis holds, read at most four times a second: as often as a bound needs, not with each submission. Thread safe.</summary>
internal sealed class RedisMemory(RedisGate redis, TimeProvider time)
{
    private const string Field = "used_memory:";

    /// <summary>As a script, because the client keeps INFO itself for administrators.</summary>
    private const string Script = "return redis.call('INFO', 'memory')";

    private static readonly TimeSpan s_fresh = TimeSpan.FromMilliseconds(250);

    private Reading? _reading;

    /// <summary>The bytes in use, as they were up to a quarter of a second ago.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached.</exception>
    public async ValueTask<long> GetUsedBytesAsync(CancellationToken cancellationToken)
    {
        if (_reading is { } reading && time.GetElapsedTime(reading.At) < s_fresh)
        {
            return reading.UsedBytes;
        }

        var info = (string?)await redis.RunAsync(db => db.ScriptEvaluateAsync(Script), cancellationToken) ?? "";
        var line = info.Split('\n').FirstOrDefault(text => text.StartsWith(Field, StringComparison.Ordinal));
        var used = line is null ? 0 : long.Parse(line.AsSpan(Field.Length).Trim(), CultureInfo.InvariantCulture);
        _reading = new Reading(used, time.GetTimestamp());
        return used;
    }

    private sealed record Reading(long UsedBytes, long At);
}
