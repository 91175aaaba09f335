using Microsoft.Extensions.Options;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Warm hosts: one for each slot and one to spare, so that a host that must go costs the next task nothing. Thread safe.
/// </summary>
internal sealed class NativeHostPool(
    HostStarter starter, TimeProvider time, IOptions<NativeHostOptions> options, ILogger<NativeHostPool> logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    private readonly NativeHostOptions _options = options.Value;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly Stack<NativeHostProcess> _idle = new();

    /// <summary>Guarded by <see cref="_lock"/>: hosts that are being started or ended.</summary>
    private readonly HashSet<Task> _background = [];

    /// <summary>Starts that failed in a row; 0 means healthy. Written under <see cref="_lock"/>.</summary>
    private int _failures;
    private bool _disposed;

    /// <summary>Whether the last start of a host succeeded.</summary>
    public bool IsHealthy => Volatile.Read(ref _failures) == 0;

    /// <summary>Starts hosts until so many wait.</summary>
    public async Task WarmAsync(int count)
    {
        for (var n = 0; n < count; n++)
        {
            await AddOneAsync();
        }
    }

    /// <summary>A warm host, or a new one when none waits.</summary>
    /// <exception cref="HostStartException">None could be started.</exception>
    public async Task<NativeHostProcess> RentAsync()
    {
        while (true)
        {
            NativeHostProcess? host;
            lock (_lock)
            {
                _idle.TryPop(out host);
            }

            if (host is null)
            {
                return await StartAsync();
            }

            if (host.IsAlive)
            {
                return host;
            }

            Retire(host, "it died while it waited");
        }
    }

    /// <summary>Gives a host back after a task that ended well.</summary>
    public void Return(NativeHostProcess host, FinishedReply reply)
    {
        var reason = Worn(host, reply);
        if (reason is not null)
        {
            Retire(host, reason);
            return;
        }

        host.TotalCpuSeconds = reply.TotalCpuSeconds;
        lock (_lock)
        {
            if (!_disposed)
            {
                _idle.Push(host);
                return;
            }
        }

        Retire(host, "the worker stops");
    }

    /// <summary>Ends a host that must not be used again, in the background, and starts another in its place.</summary>
    public void Retire(NativeHostProcess host, string reason)
    {
        Log.HostRetired(logger, reason);
        InBackground(() => host.DisposeAsync().AsTask());
        InBackground(AddOneAsync);
    }

    public async ValueTask DisposeAsync()
    {
        NativeHostProcess[] idle;
        lock (_lock)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        await Task.WhenAll(idle.Select(host => host.DisposeAsync().AsTask()));
        Task[] background;
        lock (_lock)
        {
            background = [.. _background];
        }

        await Task.WhenAll(background);
    }

    private string? Worn(NativeHostProcess host, FinishedReply reply)
    {
        if (reply.Flags.HasFlag(FinishedFlags.SubtreeNotEmpty))
        {
            return "its task left processes behind";
        }

        if (reply.MemoryBytes > (ulong)_options.RecycleAboveBytes)
        {
            return "its memory has grown";
        }

        // Up to a quarter earlier, by the host's own number, so that hosts of one age do not end together.
        var jitter = _options.TasksPerHost / 4 * (host.GetHashCode() % 100 / 100.0);
        return host.Sequence >= _options.TasksPerHost - jitter ? "it has run its number of tasks" : null;
    }

    private async Task AddOneAsync()
    {
        try
        {
            var host = await StartAsync();
            lock (_lock)
            {
                if (!_disposed)
                {
                    _idle.Push(host);
                    return;
                }
            }

            await host.DisposeAsync();
        }
        catch (HostStartException exception)
        {
            // Said by the health state; the next task that needs a host tries again.
            Log.HostStartFailed(logger, exception.Message);
        }
    }

    private async Task<NativeHostProcess> StartAsync()
    {
        var failures = Volatile.Read(ref _failures);
        if (failures > 0)
        {
            // Hosts that die at once must not be started in a tight loop.
            var wait = TimeSpan.FromTicks(Math.Min(s_longestWait.Ticks, s_firstWait.Ticks << Math.Min(failures, 10)));
            await Task.Delay(wait, time, CancellationToken.None);
        }

        try
        {
            var host = await NativeHostProcess.StartAsync(starter, _options, time);
            Volatile.Write(ref _failures, 0);
            return host;
        }
        catch (HostStartException)
        {
            Interlocked.Increment(ref _failures);
            throw;
        }
    }

    private void InBackground(Func<Task> work)
    {
        var task = Task.Run(work);
        lock (_lock)
        {
            _background.Add(task);
        }

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
