using System.Diagnostics;
using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// What is asked of one shard, in groups: at once when no script is under way, together with all that has collected while one was. To begin and to end a
/// script costs Redis as much as several commands, and what the tasks of a group change in common is changed once. Thread safe.
/// </summary>
/// <param name="shard">The shard.</param>
/// <param name="scripts">Runs the scripts.</param>
/// <param name="isSent">Whether the first is sent at once, instead of waiting for <see cref="Send"/>.</param>
internal sealed class ScriptQueue(ShardKeys shard, ScriptRunner scripts, bool isSent)
{
    /// <summary>While Redis runs a script it does nothing else: so many take it some 5 ms.</summary>
    private const int MostAtOnce = 100;

    /// <summary>With so many bytes a script is full, whatever they are.</summary>
    private const long MostBytesAtOnce = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly List<Read> _reads = [];
    private readonly List<Ask> _writes = [];
    private readonly List<Ask> _submissions = [];
    private bool _isSent = isSent;
    private bool _isUnderWay;

    /// <inheritdoc cref="RecordRound.ReadAsync"/>
    public async Task<StampedRecord?> ReadAsync(TaskId id)
    {
        var (stamp, record) = await Add(_reads, new Read(id)).Task;
        return ToStamped(stamp, record);
    }

    /// <inheritdoc cref="RecordRound.WriteAsync"/>
    public async Task<WriteAnswer> WriteAsync(RedisValue[] change)
    {
        var answer = await Add(_writes, new Ask(change)).Task;
        return answer.Length == -1
            ? new WriteAnswer((WriteKind)(int)answer, Stored: null)
            : new WriteAnswer(WriteKind.Refused, ToStamped(answer[0], answer[1]));
    }

    /// <summary>Writes a new task: what <see cref="RedisTaskScripts.Submit"/> is given for it. Returns what that answers.</summary>
    public Task<RedisResult> SubmitAsync(RedisValue[] submission) => Add(_submissions, new Ask(submission)).Task;

    /// <inheritdoc cref="RecordRound.Send"/>
    public void Send()
    {
        lock (_lock)
        {
            _isSent = true;
        }

        Begin();
    }

    private T Add<T>(List<T> asked, T one)
    {
        lock (_lock)
        {
            asked.Add(one);
        }

        Begin();
        return one;
    }

    private void Begin()
    {
        lock (_lock)
        {
            if (!_isSent || _isUnderWay)
            {
                return;
            }

            _isUnderWay = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        while (Next() is { } send)
        {
            await send();
        }
    }

    /// <summary>What is to be sent next; null when nothing is asked for any more. What is read leads to writes, which then go with the others.</summary>
    private Func<Task>? Next()
    {
        lock (_lock)
        {
            if (_reads.Count > 0)
            {
                var reads = Take(_reads, Math.Min(_reads.Count, MostAtOnce));
                return () => AnswerAsync(reads);
            }

            if (_writes.Count > 0)
            {
                var writes = Take(_writes);
                return () => AnswerAsync(writes, RedisTaskScripts.Apply, [shard.Timers, shard.Unpublished, shard.Ended, shard.LanesRunning], scripts.CommonOfChanges(shard));
            }

            if (_submissions.Count > 0)
            {
                var submissions = Take(_submissions);
                return () => AnswerAsync(submissions, RedisTaskScripts.Submit, [shard.Timers, shard.All, shard.Unpublished], scripts.CommonOfSubmissions(shard));
            }

            _isUnderWay = false;
            return null;
        }
    }

    /// <summary>The first of them, at least one.</summary>
    private static List<Ask> Take(List<Ask> asked)
    {
        var (count, bytes) = (0, 0L);
        while (count < asked.Count && count < MostAtOnce && bytes < MostBytesAtOnce)
        {
            bytes += asked[count++].Bytes;
        }

        return Take(asked, count);
    }

    private static List<T> Take<T>(List<T> asked, int count)
    {
        var taken = asked.GetRange(0, count);
        asked.RemoveRange(0, count);
        return taken;
    }

    private async Task AnswerAsync(List<Read> reads)
    {
        var keys = new RedisKey[reads.Count];
        for (var n = 0; n < keys.Length; n++)
        {
            keys[n] = shard.Task(reads[n].Id);
        }

        try
        {
            var answer = await scripts.Evaluate(RedisTaskScripts.Load, keys, []);
            for (var n = 0; n < reads.Count; n++)
            {
                reads[n].SetResult((answer[(2 * n) + 1], answer[(2 * n) + 2]));
            }
        }
        catch (Exception exception)
        {
            Fail(reads, exception);
            FailWaiting(exception);
        }
    }

    private async Task AnswerAsync(List<Ask> asked, string script, RedisKey[] keys, RedisValue[] common)
    {
        // Others may have asked since; a span of the client belongs to the first of these.
        Activity.Current = asked[0].Asker;
        var values = new RedisValue[common.Length + (asked.Count * asked[0].Values.Length)];
        common.CopyTo(values, 0);
        var at = common.Length;
        foreach (var ask in asked)
        {
            ask.Values.CopyTo(values, at);
            at += ask.Values.Length;
        }

        try
        {
            var answer = await scripts.Evaluate(script, keys, values);
            var isHere = script != RedisTaskScripts.Submit || IsAlone(asked);
            for (var n = 0; n < asked.Count; n++)
            {
                asked[n].Tell(answer[n + 1], isHere);
            }
        }
        catch (Exception exception)
        {
            Fail(asked, exception);
            FailWaiting(exception);
        }
    }

    /// <summary>
    /// Whether nobody else has submitted anything: then the only one goes on here, which saves a change of thread. Else what they do next, which may be much,
    /// must not keep the others waiting.
    /// </summary>
    private bool IsAlone(List<Ask> asked)
    {
        lock (_lock)
        {
            return asked.Count == 1 && _submissions.Count == 0;
        }
    }

    private static long LengthOf(RedisValue[] values)
    {
        var bytes = 0L;
        foreach (var value in values)
        {
            bytes += value.Length();
        }

        return bytes;
    }

    private static StampedRecord? ToStamped(RedisResult stamp, RedisResult record) =>
        stamp.IsNull ? null : new StampedRecord(RedisTaskStore.Deserialize((RedisValue)record), (string)stamp!);

    /// <summary>Of each asker: what happened to all of them.</summary>
    private static void Fail<T>(IReadOnlyList<TaskCompletionSource<T>> asked, Exception exception)
    {
        foreach (var one in asked)
        {
            one.TrySetException(exception);
        }
    }

    /// <summary>A store that is away is not asked for what has collected meanwhile either: nobody waits longer for it than for one answer.</summary>
    private void FailWaiting(Exception exception)
    {
        if (exception is not StoreUnavailableException)
        {
            return;
        }

        List<Read> reads;
        List<Ask> asks;
        lock (_lock)
        {
            reads = Take(_reads, _reads.Count);
            asks = [.. Take(_writes, _writes.Count), .. Take(_submissions, _submissions.Count)];
        }

        Fail(reads, exception);
        Fail(asks, exception);
    }

    // Whoever reads or writes is continued at once, one after the other: what each of them asks for next is then collected before any of it is sent.
    private sealed class Read(TaskId id) : TaskCompletionSource<(RedisResult Stamp, RedisResult Record)>
    {
        public TaskId Id => id;
    }

    private sealed class Ask(RedisValue[] values) : TaskCompletionSource<RedisResult>
    {
        public RedisValue[] Values => values;

        /// <summary>How much of a script it is.</summary>
        public long Bytes { get; } = LengthOf(values);

        /// <summary>The span of whoever asks.</summary>
        public Activity? Asker { get; } = Activity.Current;

        /// <summary>Answers; whoever asked goes on here, or on a thread of its own.</summary>
        public void Tell(RedisResult answer, bool isHere)
        {
            if (isHere)
            {
                SetResult(answer);
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(static told => told.Ask.SetResult(told.Answer), (Ask: this, Answer: answer), preferLocal: false);
            }
        }
    }
}
