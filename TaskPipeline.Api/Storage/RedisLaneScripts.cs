namespace TaskPipeline.Api.Storage;

/// <summary>The Lua texts of lanes. Times are microseconds since 1970 by the clock of Redis.</summary>
internal static class RedisLaneScripts
{
    /// <summary>
    /// Keys: running, then queue and held back of each lane. Arguments: the names of the lanes. Answers with now, then for each lane queued, held back, running
    /// and when its oldest was queued.
    /// </summary>
    public const string Lines = """
        local t = redis.call('TIME')
        local answer = {t[1] * 1000000 + t[2]}
        for n = 1, #ARGV do
          local queue = KEYS[2 * n]
          local oldest = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
          answer[#answer + 1] = redis.call('ZCARD', queue)
          answer[#answer + 1] = redis.call('ZCARD', KEYS[2 * n + 1])
          answer[#answer + 1] = redis.call('HGET', KEYS[1], ARGV[n]) or '0'
          answer[#answer + 1] = oldest[2] or ''
        end
        return answer
        """;

    /// <summary>
    /// Keys: a hash of counts. Arguments: most to hold, life in milliseconds, then field and count of each. Field <c>n</c> is the sum. Once the sum
    /// reaches the most, every count is halved and what becomes nothing is forgotten.
    /// </summary>
    public const string Learn = """
        local sum = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
        for n = 3, #ARGV, 2 do
          redis.call('HINCRBY', KEYS[1], ARGV[n], ARGV[n + 1])
          sum = sum + ARGV[n + 1]
        end
        while sum >= tonumber(ARGV[1]) do
          local fields = redis.call('HGETALL', KEYS[1])
          sum = 0
          for n = 1, #fields, 2 do
            if fields[n] ~= 'n' then
              local half = math.floor(fields[n + 1] / 2)
              if half > 0 then redis.call('HSET', KEYS[1], fields[n], half) else redis.call('HDEL', KEYS[1], fields[n]) end
              sum = sum + half
            end
          end
        end
        redis.call('HSET', KEYS[1], 'n', sum)
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return sum
        """;

    /// <summary>Keys: window, measured. Arguments: life in milliseconds, then field and amount of each.</summary>
    public const string Count = """
        for n = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[n], ARGV[n + 1]) end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        if redis.call('PEXPIRE', KEYS[2], ARGV[1]) == 0 then
          local t = redis.call('TIME')
          redis.call('SET', KEYS[2], string.format('%.0f', t[1] * 1000000 + t[2]), 'PX', ARGV[1])
        end
        return 1
        """;

    /// <summary>
    /// Keys: queue, held back, times, timers. Arguments: until how many are queued. Takes the first of those that are held back and makes their timers due; they count
    /// as queued from here. The lane's virtual time is the start of the last that was taken. Clients whose time is past have no claim left and are forgotten.
    /// </summary>
    public const string LetGo = """
        local room = ARGV[1] - redis.call('ZCARD', KEYS[1])
        if room <= 0 then return 0 end
        local first = redis.call('ZPOPMIN', KEYS[2], math.min(room, 1000))
        if #first == 0 then return 0 end
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        for n = 1, #first, 2 do
          redis.call('ZADD', KEYS[4], 'XX', now, first[n])
          redis.call('ZADD', KEYS[1], now, first[n])
        end
        local held = redis.call('ZCARD', KEYS[2])
        if held == 0 then
          redis.call('DEL', KEYS[3])
          return #first / 2
        end
        redis.call('HSET', KEYS[3], '#', first[#first])
        if redis.call('HLEN', KEYS[3]) > 1000 + 2 * held then
          local times = redis.call('HGETALL', KEYS[3])
          for n = 1, #times, 2 do
            if tonumber(times[n + 1]) < tonumber(first[#first]) then redis.call('HDEL', KEYS[3], times[n]) end
          end
        end
        return #first / 2
        """;
}
