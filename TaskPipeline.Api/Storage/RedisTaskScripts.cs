namespace TaskPipeline.Api.Storage;

/// <summary>
/// The Lua texts. Fields of a task's hash: <c>v</c> stamp of the last write (version, then maybe random digits), <c>r</c> record, <c>i</c> input, <c>x</c> result, <c>o</c> output,
/// <c>c</c> the claim that holds it (<c>attempt/claim</c>; empty or absent unless it is processing), <c>k</c> 1 when a cancel is stored,
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

    /// <summary>Lists of what several tasks change in common; <c>of</c> finds one by its name, or makes it.</summary>
    private const string Lists = """

        local function put(list, first, second)
          list[#list + 1] = first
          list[#list + 1] = second
        end
        local function of(lists, name)
          local list = lists[name]
          if not list then
            list = {}
            lists[name] = list
          end
          return list
        end
        """;

    /// <summary>
    /// Keys: timers, all, unpublished. Arguments: now, prefix of the shard, most unpublished; then for each task: id, record, input, timer, dispatch to publish or '', name of its index,
    /// hash of the idempotency key or '', entry of it or '', lane, client, virtual length, most ahead, hold back from, 1 if it is to be held back or ''.
    /// Answers for each task with a list: 0 the clock was off, 1 written and how many are ahead, 2 the key was used before and its entry, 3 too many are unpublished, 4 refused, with how many are
    /// ahead, how many of the client's wait and how many clients there are, 5 to be held back.
    /// </summary>
    /// <remarks>
    /// An entry whose task is gone holds nobody up: the two end at the same instant, but not within one command of Redis.
    /// A lane that is not full costs a look at its two lengths. In a full one a client that has its share of what is queued is answered that it is to be held back: it submits
    /// again what is not to be published, and that waits in the order of start-time fair queueing. Whoever would still have too many before it is refused:
    /// it is the one whose tasks those are. Each task finds what those before it in the same script have left, and is queued in a microsecond of its own.
    /// </remarks>
    public const string Submit = Now + Lists + """

        local prefix, most = ARGV[2], tonumber(ARGV[3])
        local answer = {now}
        if math.abs(now - tonumber(ARGV[1])) > 1000000 then
          for a = 4, #ARGV, 14 do answer[#answer + 1] = {0} end
          return answer
        end
        local unpublished = tonumber(redis.call('GET', KEYS[3]) or '0')
        local begun, timed, all, indexes, lanes = unpublished, {}, {}, {}, {}
        for a = 4, #ARGV, 14 do
          local id, record, input, timer, dispatch, index, key, entry, name, client, cost, ahead_at_most, hold_from, held_back = unpack(ARGV, a, a + 13)
          ahead_at_most, hold_from = tonumber(ahead_at_most), tonumber(hold_from)
          local hold, ahead, done = held_back ~= '', 0, nil
          if key ~= '' then
            key = prefix .. 'idempotency:' .. key
            local used = redis.call('GET', key)
            if used and redis.call('EXISTS', prefix .. 'task:' .. string.match(used, '^%S+')) == 1 then done = {2, used} end
          end
          local lane = lanes[name]
          if not done and (dispatch ~= '' or hold) then
            if not lane then
              lane = {queue = prefix .. 'lane:' .. name, waiting = prefix .. 'lane-held:' .. name, clients = prefix .. 'lane-clients:' .. name, times = prefix .. 'lane-times:' .. name}
              lane.queued, lane.held = redis.call('ZCARD', lane.queue), redis.call('ZCARD', lane.waiting)
              lanes[name] = lane
            end
            ahead = lane.queued
            if lane.queued + lane.held >= math.min(ahead_at_most, hold_from) then
              local mine = tonumber(redis.call('HGET', lane.clients, client) or '0')
              local clients = redis.call('HLEN', lane.clients)
              if mine == 0 then clients = clients + 1 end
              local over = mine * clients >= hold_from
              if over then ahead = math.min(lane.queued + lane.held, math.max(lane.queued, mine * clients)) end
              if ahead >= ahead_at_most then done = {4, ahead, mine, clients}
              elseif over and lane.queued + lane.held >= hold_from and not hold then done = {5} end
            end
          end
          if not done and dispatch ~= '' and not hold and unpublished >= most then done = {3} end
          if not done then
            done = {1, ahead}
            if hold then
              local mine = 'c:' .. client
              local start = math.max(tonumber(redis.call('HGET', lane.times, '#') or '0'), tonumber(redis.call('HGET', lane.times, mine) or '0'))
              redis.call('HSET', lane.times, mine, string.format('%.6f', start + cost))
              redis.call('ZADD', lane.waiting, string.format('%.6f', start), id)
              redis.call('HINCRBY', lane.clients, client, '1')
              lane.held = lane.held + 1
            elseif dispatch ~= '' then
              redis.call('ZADD', lane.queue, now + #all, id)
              redis.call('HINCRBY', lane.clients, client, '1')
              lane.queued, unpublished = lane.queued + 1, unpublished + 1
            end
            if hold or dispatch == '' then
              redis.call('HSET', prefix .. 'task:' .. id, 'v', '1', 'r', record, 'i', input)
            else
              redis.call('HSET', prefix .. 'task:' .. id, 'v', '1', 'r', record, 'i', input, 'u', dispatch)
            end
            if key ~= '' then redis.call('SET', key, entry) end
            put(timed, timer, id)
            put(all, '0', id)
            put(of(indexes, index), '0', id)
          end
          answer[#answer + 1] = done
        end
        if #all > 0 then
          redis.call('ZADD', KEYS[1], unpack(timed))
          redis.call('ZADD', KEYS[2], unpack(all))
          for index, listed in pairs(indexes) do redis.call('ZADD', prefix .. 'index:' .. index, unpack(listed)) end
          if unpublished > begun then redis.call('INCRBY', KEYS[3], unpublished - begun) end
        end
        return answer
        """;

    /// <summary>Keys: tasks. No arguments. Answers with what a decision needs: stamp and record of each.</summary>
    public const string Load = Now + """

        local answer = {now}
        for n = 1, #KEYS do
          local h = redis.call('HMGET', KEYS[n], 'v', 'r')
          answer[2 * n], answer[2 * n + 1] = h[1], h[2]
        end
        return answer
        """;

    /// <summary>
    /// Keys: timers, unpublished, ended, running. Arguments: now, prefix of the shard, command that publishes, retention in milliseconds; then for each task: id, stamp, next stamp, record, timer ('' when it ends),
    /// ticket of the timer or '', claim or '', cancel mark or '', dispatch to publish or '', name of the old index, name of the new one, result or '', output or '', '1' when the output becomes what is given,
    /// head of what is told on the channel (see <see cref="ChangeMessage"/>) or '', '1' if it leaves the queue or '', client, lane, by how much more of it run or '',
    /// replica that waits for the end or '', number of the wait there, hash of the idempotency key or ''.
    /// Answers for each task: 0 unknown, 1 written, 2 its timer has moved, or what is stored, stamp and record, when that is not what was decided on, or the clock was off.
    /// </summary>
    /// <remarks>
    /// Each task is one compare-and-set. What they change in common, the lists, timers and counts, is changed once for all of them.
    /// A task that comes twice is written once: the second finds another stamp. Those that are queued are so in different microseconds, as by scripts of their own.
    /// </remarks>
    public const string Apply = Now + Lists + """

        local off = math.abs(now - tonumber(ARGV[1])) > 1000000
        local prefix, publish, retention = ARGV[2], ARGV[3], ARGV[4]
        local answer = {now}
        local timed, untimed, ended, out, into, left, clients, running = {}, {}, {}, {}, {}, {}, {}, {}
        local unpublished, queued = 0, now
        for a = 5, #ARGV, 22 do
          local id, stamp, stamped, record, timer, ticket, claim, cancel, dispatch, was, is, result, output, outputs, head, leaves, client, lane, more, replica, wait, key = unpack(ARGV, a, a + 21)
          local task = prefix .. 'task:' .. id
          local h = redis.call('HMGET', task, 'v', 'u', 'c', 'o')
          if not h[1] then answer[#answer + 1] = 0
          elseif h[1] ~= stamp or off then answer[#answer + 1] = {h[1], redis.call('HGET', task, 'r')}
          elseif ticket ~= '' and tonumber(redis.call('ZSCORE', KEYS[1], id) or '-1') ~= tonumber(ticket) then answer[#answer + 1] = 2
          else
            answer[#answer + 1] = 1
            local set, open = {'v', stamped, 'r', record}, h[2] and h[2] ~= ''
            if claim ~= (h[3] or '') then put(set, 'c', claim) end
            if cancel ~= '' then put(set, 'k', cancel) end
            if dispatch ~= '' then
              put(set, 'u', dispatch)
              if not open then unpublished = unpublished + 1 end
            elseif open then
              put(set, 'u', '')
              unpublished = unpublished - 1
            end
            if result ~= '' then put(set, 'x', result) end
            if output ~= '' then put(set, 'o', output) end
            redis.call('HSET', task, unpack(set))
            if outputs ~= '' and output == '' and h[4] then redis.call('HDEL', task, 'o') end
            if was ~= is then
              put(of(out, was), id)
              put(of(into, is), '0', id)
            end
            if timer ~= '' then
              put(timed, timer, id)
            else
              put(untimed, id)
              put(ended, now + retention * 1000, id .. ' ' .. is)
              redis.call('PEXPIRE', task, retention)
              if key ~= '' then redis.call('PEXPIRE', prefix .. 'idempotency:' .. key, retention) end
            end
            if dispatch ~= '' then
              if redis.call('ZADD', prefix .. 'lane:' .. lane, queued, id) == 1 and redis.call('ZREM', prefix .. 'lane-held:' .. lane, id) == 0 then
                redis.call('HINCRBY', prefix .. 'lane-clients:' .. lane, client, '1')
              end
              queued = queued + 1
            elseif leaves ~= '' then
              put(of(left, lane), id)
              put(of(clients, lane), client)
            end
            if more ~= '' then running[lane] = (running[lane] or 0) + more end
            local told = head == '' and '' or head .. record .. result .. output
            redis.call(publish, prefix .. 'changes:' .. id, told)
            if replica ~= '' then redis.call(publish, prefix .. 'replies:' .. replica, wait .. ' ' .. told) end
          end
        end
        if #timed > 0 then redis.call('ZADD', KEYS[1], unpack(timed)) end
        if #untimed > 0 then
          redis.call('ZREM', KEYS[1], unpack(untimed))
          redis.call('ZADD', KEYS[3], unpack(ended))
        end
        if unpublished > 0 then
          redis.call('INCRBY', KEYS[2], unpublished)
        elseif unpublished < 0 and redis.call('DECRBY', KEYS[2], -unpublished) <= 0 then
          redis.call('DEL', KEYS[2])
        end
        for name, ids in pairs(out) do redis.call('ZREM', prefix .. 'index:' .. name, unpack(ids)) end
        for name, ids in pairs(into) do redis.call('ZADD', prefix .. 'index:' .. name, unpack(ids)) end
        for lane, ids in pairs(left) do
          local queue, waited, gone = prefix .. 'lane:' .. lane, nil, {}
          if #ids == 1 then
            waited = {redis.call('ZREM', queue, ids[1]) == 1}
          else
            waited = redis.call('ZMSCORE', queue, unpack(ids))
            redis.call('ZREM', queue, unpack(ids))
          end
          for n = 1, #ids do
            if waited[n] or redis.call('ZREM', prefix .. 'lane-held:' .. lane, ids[n]) == 1 then
              local client = clients[lane][n]
              gone[client] = (gone[client] or 0) + 1
            end
          end
          for client, count in pairs(gone) do
            if redis.call('HINCRBY', prefix .. 'lane-clients:' .. lane, client, -count) <= 0 then redis.call('HDEL', prefix .. 'lane-clients:' .. lane, client) end
          end
        end
        for lane, more in pairs(running) do
          if more ~= 0 then redis.call('HINCRBY', KEYS[4], lane, more) end
        end
        return answer
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
        local function claimed(id) return (redis.call('HGET', ARGV[1] .. id, 'c') or '') ~= '' end
        redis.call('SET', KEYS[2], string.format('%.0f', now), 'EX', 86400)
        if last and last - now > lease / 2 then
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 2 * lease, last + 3 * lease)) do
            if claimed(id) then redis.call('ZADD', KEYS[1], now + 2 * lease, id) end
          end
        elseif not last or now - last > lease / 2 then
          local near = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now + ARGV[4], 'WITHSCORES')
          for n = 1, #near, 2 do
            if claimed(near[n]) then
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
