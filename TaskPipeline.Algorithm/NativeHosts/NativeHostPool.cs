using Microsoft.Extensions.Options;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Warm hosts: one for each slot and one to spare, so that a host that must go costs the next task nothing. A host that crashed, was
/// stopped, is worn or broke while it waited is never given out again; another is started in its place at once, or, when hosts die at start,
/// after a wait that doubles. Thread safe.
/// </summary>
internal sealed class NativeHostPool(
    HostStarter starter, WorkFolder work, TimeProvider time, IOptions<NativeHostOptions> options, ILogger<NativeHostPool> logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    /// <summary>A host that breaks unused before this counts like one that did not start.</summary>
    private static readonly TimeSpan s_probation = TimeSpan.FromSeconds(10);

    private readonly NativeHostOptions _options = options.Value;
    private readonly Lock _lock = new();

    // All below are guarded by _lock.
    private readonly Stack<NativeHostProcess> _idle = new();
    private readonly Queue<TaskCompletionSource<NativeHostProcess?>> _waiting = new();

    /// <summary>Hosts that are being started or ended.</summary>
    private readonly HashSet<Task> _background = [];

    /// <summary>How many hosts there should be, whether they wait, run or are being started.</summary>
    private int _wanted;
    private int _living;
    private int _starting;
    private int _failures;
    private long _failedAt;
    private string? _problem;

    /// <summary>Whether the last failure was a host that said hello and was of no use: then another hello proves nothing yet.</summary>
    private bool _brokeAtOnce;
    private bool _disposed;

    /// <summary>Why hosts do not start; null while they do.</summary>
    public string? Problem
    {
        get
        {
            lock (_lock)
            {
                return _problem;
            }
        }
    }

    /// <summary>From now on so many hosts are there. Returns when they wait, or when the first of them could not be started.</summary>
    public async Task WarmAsync(int count)
    {
        Task[] starts;
        lock (_lock)
        {
            _wanted = count;
            Fill_NeedsLock();
            starts = [.. _background];
        }

        await Task.WhenAll(starts);
    }

    /// <summary>A warm host, or the next one that is started when none waits; null when the stop came first.</summary>
    /// <exception cref="HostStartException">None could be started.</exception>
    public async ValueTask<NativeHostProcess?> RentAsync(Task stop)
    {
        TaskCompletionSource<NativeHostProcess?> waiting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            while (_idle.TryPop(out var host))
            {
                if (host.IsUsable)
                {
                    return host;
                }

                RetireBroken_NeedsLock(host);
            }

            waiting = new TaskCompletionSource<NativeHostProcess?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiting);
            Fill_NeedsLock();
        }

        if (await Task.WhenAny(waiting.Task, stop) == stop)
        {
            // Whoever comes with a host finds that nobody waits here; one that came just now is kept.
            waiting.TrySetResult(null);
            if (await waiting.Task is { } late)
            {
                ReturnUnused(late);
            }

            return null;
        }

        return await waiting.Task;
    }

    /// <summary>Gives a host back that has run nothing.</summary>
    public void ReturnUnused(NativeHostProcess host)
    {
        lock (_lock)
        {
            Give_NeedsLock(host);
        }
    }

    /// <summary>Gives a host back that has answered. A new one that could not prepare its first run counts like one that did not start: no task before is to blame.</summary>
    public void Return(NativeHostProcess host, FinishedReply reply)
    {
        host.TotalCpuSeconds = reply.TotalCpuSeconds;
        var reason = Worn(host, reply);
        lock (_lock)
        {
            if (reply.Status != HostStatus.SetupFailed)
            {
                Recover_NeedsLock();
            }
            else if (host.Sequence == 1)
            {
                Fail_NeedsLock($"The host could not prepare its first run: {reply.Message}", brokeAtOnce: true);
            }

            if (reason is null)
            {
                Give_NeedsLock(host);
            }
            else
            {
                Retire_NeedsLock(host, reason, _options.StopGrace);
            }
        }
    }

    /// <summary>Ends a host that must not be used again, in the background, and starts another in its place.</summary>
    public void Retire(NativeHostProcess host, string reason)
    {
        lock (_lock)
        {
            Retire_NeedsLock(host, reason, TimeSpan.Zero);
        }
    }

    /// <summary>Ends all hosts; those that wait may close their algorithms.</summary>
    public async ValueTask DisposeAsync()
    {
        NativeHostProcess[] idle;
        lock (_lock)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        await Task.WhenAll(idle.Select(host => host.CloseAsync(_options.StopGrace)));
        while (true)
        {
            Task[] background;
            lock (_lock)
            {
                background = [.. _background];
            }

            if (background.Length == 0)
            {
                return;
            }

            await Task.WhenAll(background);
        }
    }

    private string? Worn(NativeHostProcess host, FinishedReply reply)
    {
        const FinishedFlags Marked = FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked;
        if (reply.Status is HostStatus.SetupFailed or HostStatus.LibraryUnusable)
        {
            return "it could not prepare a run";
        }

        if (reply.Flags.HasFlag(FinishedFlags.SubtreeNotEmpty))
        {
            return "its task left processes behind";
        }

        if ((reply.Flags & Marked) != Marked)
        {
            return "its task closed what it prints to";
        }

        if (reply.Flags.HasFlag(FinishedFlags.DescriptorsLeftOpen))
        {
            return "its tasks left descriptors open";
        }

        if (host.IsLowered)
        {
            return "its priority was lowered";
        }

        // Up to a quarter earlier, by the host's own number, so that hosts of one age do not end together.
        var share = 1 - (host.Jitter / 4);
        if (reply.MemoryBytes > _options.RecycleAboveBytes * share)
        {
            return "its memory has grown";
        }

        return host.Sequence >= _options.TasksPerHost * share ? "it has run its number of tasks" : null;
    }

    private void Give_NeedsLock(NativeHostProcess host)
    {
        if (!_disposed && host.IsUsable)
        {
            while (_waiting.TryDequeue(out var waiting))
            {
                if (waiting.TrySetResult(host))
                {
                    return;
                }
            }

            if (_living <= _wanted)
            {
                _idle.Push(host);
                return;
            }
        }

        Retire_NeedsLock(host, "it is not needed any more", _options.StopGrace);
    }

    /// <summary>With a limit: the host may close its algorithms within it.</summary>
    private void Retire_NeedsLock(NativeHostProcess host, string reason, TimeSpan closeLimit)
    {
        Log.HostRetired(logger, host.ProcessId, reason);
        _living--;
        InBackground_NeedsLock(() => closeLimit > TimeSpan.Zero ? host.CloseAsync(closeLimit) : host.DisposeAsync().AsTask());
        Fill_NeedsLock();
    }

    /// <summary>Ends a host that broke before a task came for it. One that was new and never used counts like one that did not start.</summary>
    private void RetireBroken_NeedsLock(NativeHostProcess host, string? how = null)
    {
        if (host.Sequence == 0 && time.GetElapsedTime(host.StartedAt) < s_probation)
        {
            Fail_NeedsLock($"The host broke as soon as it had started: {how ?? host.ChannelProblem ?? "its channel was closed"}", brokeAtOnce: true);
        }

        Retire_NeedsLock(host, "it broke while it waited", TimeSpan.Zero);
    }

    private void Fill_NeedsLock()
    {
        while (!_disposed && (_living < _wanted || _starting < _waiting.Count))
        {
            _living++;
            _starting++;
            InBackground_NeedsLock(StartOneAsync);
        }
    }

    private async Task StartOneAsync()
    {
        if (BackOff() is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait, time, CancellationToken.None);
        }

        NativeHostProcess? host = null;
        var problem = "";
        if (!Volatile.Read(ref _disposed))
        {
            try
            {
                host = await NativeHostProcess.StartAsync(starter, work, _options, time);
            }
            catch (Exception exception)
            {
                // Whatever it was, a host is still wanted: a start that is not counted out would be missing for ever.
                problem = exception.Message;
            }
        }

        lock (_lock)
        {
            _starting--;
            if (host is null)
            {
                _living--;
                Fail_NeedsLock(problem, brokeAtOnce: false);
                return;
            }

            if (!host.IsUsable)
            {
                RetireBroken_NeedsLock(host);
                return;
            }

            if (!_brokeAtOnce)
            {
                Recover_NeedsLock();
            }

            _ = ReplaceWhenItDiesAsync(host);
            Give_NeedsLock(host);
        }
    }

    /// <summary>Counts a failure, tells whoever waits for a host, and tries again.</summary>
    private void Fail_NeedsLock(string problem, bool brokeAtOnce)
    {
        if (!_disposed)
        {
            Log.HostStartFailed(logger, problem);
            (_problem, _failedAt, _brokeAtOnce) = (problem, time.GetTimestamp(), brokeAtOnce);
            _failures++;
        }

        while (_waiting.TryDequeue(out var waiting))
        {
            waiting.TrySetException(new HostStartException(problem));
        }

        Fill_NeedsLock();
    }

    private void Recover_NeedsLock() => (_failures, _problem, _brokeAtOnce) = (0, null, false);

    private async Task ReplaceWhenItDiesAsync(NativeHostProcess host)
    {
        try
        {
            await host.Exit.WaitAsync(s_probation, time);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                if (time.GetElapsedTime(_failedAt) >= s_probation)
                {
                    Recover_NeedsLock();
                }
            }
        }

        var exit = await host.Exit;
        lock (_lock)
        {
            if (_disposed || !_idle.Contains(host))
            {
                // It ran a task or was ended by us: whoever did that goes on.
                return;
            }

            var others = _idle.Where(other => other != host).Reverse().ToList();
            _idle.Clear();
            others.ForEach(_idle.Push);
            RetireBroken_NeedsLock(host, exit.Signal is { } signal ? $"it was ended by {SignalNames.Of(signal)}" : $"it ended with exit code {exit.ExitCode}");
        }
    }

    /// <summary>Hosts that die at once must not be started in a tight loop.</summary>
    private TimeSpan BackOff()
    {
        lock (_lock)
        {
            return _failures == 0
                ? TimeSpan.Zero
                : TimeSpan.FromTicks(Math.Min(s_longestWait.Ticks, s_firstWait.Ticks << Math.Min(_failures - 1, 10)));
        }
    }

    private void InBackground_NeedsLock(Func<Task> work)
    {
        var task = Task.Run(work);
        _background.Add(task);
        task.ContinueWith(
            done =>
            {
                lock (_lock)
                {
                    _background.Remove(done);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
