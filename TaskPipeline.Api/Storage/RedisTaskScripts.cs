namespace TaskPipeline.Api.Storage;

/// <summary>
/// The Lua texts. Fields of a task's hash: <c>v</c> stamp of the last write (version, then maybe random digits), <c>r</c> record, <c>i</c> input, <c>x</c> result, <c>o</c> output,
/// <c>c</c> the claim that holds it (<c>attempt/claim</c>, only while processing), <c>k</c> 1 when a cancel is stored,
/// <c>u</c> the dispatch that the broker has not confirmed, empty or absent when there is none. Times are microseconds since 1970 by the clock of Redis.
/// </summary>
/// <remarks>
/// The caller decides with its own idea of Redis' clock. A script that finds that idea more than a second off changes nothing
/// and answers <c>skew</c>, so that no decision rests on a wrong clock. What a task costs Redis goes with the number of commands, far less with what
/// they do; a number that does not change is text, because Lua would print it and Redis read it again each time.
/// </remarks>
internal static class RedisTaskScripts
{
    private const string Now = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        """;

    /// <summary>
    /// Keys: task, timers, all, index, unpublished, queue of the lane, held back in it, its clients, its times[, idempotency]. Arguments: id, record, input, timer,
    /// dispatch to publish or '', most unpublished, now, entry of the idempotency key, prefix of tasks, client, virtual length, most ahead, hold back from, 1 if it is to be held back or ''.
    /// </summary>
    /// <remarks>
    /// An entry whose task is gone holds nobody up: the two end at the same instant, but not within one command of Redis.
    /// A lane that is not full costs a look at its two lengths. In a full one a client that has its share of what is queued is answered <c>hold</c>: it submits
    /// again what is not to be published, and that waits in the order of start-time fair queueing. Whoever would still have too many before it is refused:
    /// it is the one whose tasks those are.
    /// </remarks>
    public const string Submit = Now + """

        if math.abs(now - tonumber(ARGV[7])) > 1000000 then return {'skew', now} end
        if KEYS[10] then
          local entry = redis.call('GET', KEYS[10])
          if entry and redis.call('EXISTS', ARGV[9] .. string.match(entry, '^%S+')) == 1 then return {'existing', now, entry} end
        end
        local ahead, hold = 0, ARGV[14] ~= ''
        if ARGV[5] ~= '' or hold then
          local queued, held = redis.call('ZCARD', KEYS[6]), redis.call('ZCARD', KEYS[7])
          ahead = queued
          if queued + held >= math.min(tonumber(ARGV[12]), tonumber(ARGV[13])) then
            local mine = tonumber(redis.call('HGET', KEYS[8], ARGV[10]) or '0')
            local clients = redis.call('HLEN', KEYS[8])
            if mine == 0 then clients = clients + 1 end
            local over = mine * clients >= tonumber(ARGV[13])
            if over then ahead = math.min(queued + held, math.max(queued, mine * clients)) end
            if ahead >= tonumber(ARGV[12]) then return {'refused', now, ahead, mine, clients} end
            if over and queued + held >= tonumber(ARGV[13]) and not hold then return {'hold', now} end
          end
        end
        if hold then
          local mine = 'c:' .. ARGV[10]
          local start = math.max(tonumber(redis.call('HGET', KEYS[9], '#') or '0'), tonumber(redis.call('HGET', KEYS[9], mine) or '0'))
          redis.call('HSET', KEYS[9], mine, string.format('%.6f', start + ARGV[11]))
          redis.call('ZADD', KEYS[7], string.format('%.6f', start), ARGV[1])
          redis.call('HINCRBY', KEYS[8], ARGV[10], '1')
        elseif ARGV[5] ~= '' then
          if redis.call('INCR', KEYS[5]) > tonumber(ARGV[6]) then
            redis.call('DECR', KEYS[5])
            return {'full', now}
          end
          redis.call('ZADD', KEYS[6], now, ARGV[1])
          redis.call('HINCRBY', KEYS[8], ARGV[10], '1')
        end
        if hold or ARGV[5] == '' then
          redis.call('HSET', KEYS[1], 'v', '1', 'r', ARGV[2], 'i', ARGV[3])
        else
          redis.call('HSET', KEYS[1], 'v', '1', 'r', ARGV[2], 'i', ARGV[3], 'u', ARGV[5])
        end
        redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
        redis.call('ZADD', KEYS[3], '0', ARGV[1])
        redis.call('ZADD', KEYS[4], '0', ARGV[1])
        if KEYS[10] then redis.call('SET', KEYS[10], ARGV[8]) end
        return {'ok', now, ahead}
        """;

    /// <summary>Keys: task. No arguments. Answers with what a decision needs.</summary>
    public const string Load = Now + """

        local h = redis.call('HMGET', KEYS[1], 'v', 'r')
        return {'ok', now, h[1], h[2]}
        """;

    /// <summary>
    /// Keys: task, timers, old index, new index, unpublished, ended, queue of the lane, held back in it, its clients, running[, idempotency].
    /// Arguments: id, stamp, now, record, timer ('' when it ends), claim or '', cancel mark or '', dispatch to publish or '', retention in
    /// milliseconds, entry of ended or '', result or '', output or '', ticket of the timer or '', channel, '1' when the output becomes what is given, next stamp,
    /// head of what is told on the channel (see <see cref="ChangeMessage"/>) or '', '1' if it leaves the queue or '', client, lane, by how much more of it run or '', command that publishes,
    /// channel of the replica that waits for the end or '', number of the wait there.
    /// </summary>
    public const string Apply = Now + """

        local h = redis.call('HMGET', KEYS[1], 'v', 'u', 'c', 'o')
        if not h[1] then return {'unknown', now} end
        if h[1] ~= ARGV[2] or math.abs(now - tonumber(ARGV[3])) > 1000000 then return {'conflict', now, h[1], redis.call('HGET', KEYS[1], 'r')} end
        if ARGV[13] ~= '' and tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '-1') ~= tonumber(ARGV[13]) then return {'moved', now} end
        local set, gone = {'v', ARGV[16], 'r', ARGV[4]}, {}
        local function put(field, value)
          set[#set + 1] = field
          set[#set + 1] = value
        end
        if ARGV[6] ~= '' then put('c', ARGV[6]) elseif h[3] then gone[#gone + 1] = 'c' end
        if ARGV[7] ~= '' then put('k', ARGV[7]) end
        local unpublished = h[2] and h[2] ~= ''
        if ARGV[8] ~= '' then
          put('u', ARGV[8])
          if not unpublished then redis.call('INCR', KEYS[5]) end
        elseif h[2] then
          if ARGV[5] == '' then gone[#gone + 1] = 'u' elseif unpublished then put('u', '') end
          if unpublished and redis.call('DECR', KEYS[5]) <= 0 then redis.call('DEL', KEYS[5]) end
        end
        if ARGV[11] ~= '' then put('x', ARGV[11]) end
        if ARGV[15] ~= '' then
          if ARGV[12] ~= '' then put('o', ARGV[12]) elseif h[4] then gone[#gone + 1] = 'o' end
        end
        redis.call('HSET', KEYS[1], unpack(set))
        if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
        if KEYS[3] ~= KEYS[4] then
          redis.call('ZREM', KEYS[3], ARGV[1])
          redis.call('ZADD', KEYS[4], '0', ARGV[1])
        end
        if ARGV[5] ~= '' then
          redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
        else
          redis.call('ZREM', KEYS[2], ARGV[1])
          redis.call('ZADD', KEYS[6], now + ARGV[9] * 1000, ARGV[10])
          redis.call('PEXPIRE', KEYS[1], ARGV[9])
          if KEYS[11] then redis.call('PEXPIRE', KEYS[11], ARGV[9]) end
        end
        if ARGV[8] ~= '' then
          if redis.call('ZADD', KEYS[7], now, ARGV[1]) == 1 and redis.call('ZREM', KEYS[8], ARGV[1]) == 0 then redis.call('HINCRBY', KEYS[9], ARGV[19], '1') end
        elseif ARGV[18] ~= '' and (redis.call('ZREM', KEYS[7], ARGV[1]) == 1 or redis.call('ZREM', KEYS[8], ARGV[1]) == 1) then
          if redis.call('HINCRBY', KEYS[9], ARGV[19], '-1') <= 0 then redis.call('HDEL', KEYS[9], ARGV[19]) end
        end
        if ARGV[21] ~= '' then redis.call('HINCRBY', KEYS[10], ARGV[20], ARGV[21]) end
        local told = ARGV[17] == '' and '' or ARGV[17] .. ARGV[4] .. ARGV[11] .. ARGV[12]
        redis.call(ARGV[22], ARGV[14], told)
        if ARGV[23] ~= '' then redis.call(ARGV[22], ARGV[23], ARGV[24] .. ' ' .. told) end
        return {'ok', now}
        """;

    /// <summary>Keys: timers. Arguments: id, timer, ticket or ''. Moves the timer of a task that does not change.</summary>
    public const string MoveTimer = """
        if ARGV[3] ~= '' and tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '-1') ~= tonumber(ARGV[3]) then return 0 end
        return redis.call('ZADD', KEYS[1], 'XX', 'CH', ARGV[2], ARGV[1])
        """;

    /// <summary>Keys: timers, unpublished, then the tasks. Arguments: id, dispatch and timer of each. The broker has these dispatches: their timers stand at the deadline.</summary>
    public const string Confirm = """
        local confirmed = 0
        for n = 3, #KEYS do
          local a = 3 * (n - 3)
          if redis.call('HGET', KEYS[n], 'u') == ARGV[a + 2] then
            redis.call('HDEL', KEYS[n], 'u')
            redis.call('ZADD', KEYS[1], 'XX', ARGV[a + 3], ARGV[a + 1])
            confirmed = confirmed + 1
          end
        end
        if confirmed > 0 and redis.call('DECRBY', KEYS[2], confirmed) <= 0 then redis.call('DEL', KEYS[2]) end
        return confirmed
        """;

    /// <summary>Keys: task, timers, unpublished. Arguments: id, version, dispatch, timer. Takes a confirm back because the queue was lost.</summary>
    public const string Unconfirm = """
        local h = redis.call('HMGET', KEYS[1], 'v', 'u')
        if not h[1] or string.match(h[1], '^%d+') ~= ARGV[2] or h[2] and h[2] ~= '' then return 0 end
        redis.call('HSET', KEYS[1], 'u', ARGV[3])
        redis.call('INCR', KEYS[3])
        redis.call('ZADD', KEYS[2], 'XX', ARGV[4], ARGV[1])
        return 1
        """;

    /// <summary>Keys: timers, then the tasks. Arguments: lease, then id and claim of each. Answers 0 stale, 1 renewed, 2 renewed and to be cancelled, 3 unknown.</summary>
    public const string Renew = Now + """

        local answers = {}
        for n = 2, #KEYS do
          local id, claim = ARGV[2 * n - 2], ARGV[2 * n - 1]
          local h = redis.call('HMGET', KEYS[n], 'v', 'c', 'k')
          if not h[1] then answers[n - 1] = 3
          elseif h[2] ~= claim then answers[n - 1] = 0
          else
            redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], id)
            answers[n - 1] = h[3] and 2 or 1
          end
        end
        return answers
        """;

    /// <summary>
    /// Keys: timers, when they were last served. Arguments: prefix of tasks, most to take, hold, lease. Takes due timers by moving
    /// them ahead, so that they are due again should the taker die. If no replica served timers for longer than half a lease,
    /// every lease is first extended by one: the API or Redis was away, not the workers. If the clock of Redis was set back by
    /// more than that, leases that now end too late are shortened, so that a lost worker is still noticed.
    /// </summary>
    public const string TakeDue = Now + """

        local last = tonumber(redis.call('GET', KEYS[2]) or '')
        local lease = tonumber(ARGV[4])
        redis.call('SET', KEYS[2], string.format('%.0f', now), 'EX', 86400)
        if last and last - now > lease / 2 then
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 2 * lease, last + 3 * lease)) do
            if redis.call('HEXISTS', ARGV[1] .. id, 'c') == 1 then redis.call('ZADD', KEYS[1], now + 2 * lease, id) end
          end
        elseif not last or now - last > lease / 2 then
          local near = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now + ARGV[4], 'WITHSCORES')
          for n = 1, #near, 2 do
            if redis.call('HEXISTS', ARGV[1] .. near[n], 'c') == 1 then
              redis.call('ZADD', KEYS[1], math.max(tonumber(near[n + 1]), now) + ARGV[4], near[n])
            end
          end
        end
        local taken = {now}
        for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
          local h = redis.call('HMGET', ARGV[1] .. id, 'r', 'u')
          if h[1] then
            redis.call('ZADD', KEYS[1], now + ARGV[3], id)
            taken[#taken + 1] = h[1]
            taken[#taken + 1] = h[2] or ''
          else
            redis.call('ZREM', KEYS[1], id)
          end
        end
        return taken
        """;

    /// <summary>Keys: task, timers, all, index, queue of the lane, its clients, running. Arguments: id, record, input, timer, claim or '', version, client, lane. Writes a lost record again, unless it is there.</summary>
    public const string Rebuild = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('HSET', KEYS[1], 'v', ARGV[6], 'r', ARGV[2], 'i', ARGV[3])
        if ARGV[5] ~= '' then
          redis.call('HSET', KEYS[1], 'c', ARGV[5])
          redis.call('HINCRBY', KEYS[7], ARGV[8], 1)
        else
          local t = redis.call('TIME')
          if redis.call('ZADD', KEYS[5], t[1] * 1000000 + t[2], ARGV[1]) == 1 then redis.call('HINCRBY', KEYS[6], ARGV[7], 1) end
        end
        redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
        redis.call('ZADD', KEYS[3], 0, ARGV[1])
        redis.call('ZADD', KEYS[4], 0, ARGV[1])
        return 1
        """;

    /// <summary>Keys: ended, all. Arguments: prefix, most to trim. Entries of ended are <c>id state:algorithm</c>.</summary>
    public const string Trim = Now + """

        local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
        for _, entry in ipairs(over) do
          local id, index = string.match(entry, '^(%S+) (.+)$')
          redis.call('ZREM', KEYS[2], id)
          redis.call('ZREM', ARGV[1] .. 'index:' .. index, id)
          redis.call('DEL', ARGV[1] .. 'task:' .. id)
          redis.call('ZREM', KEYS[1], entry)
        end
        return #over
        """;
}
