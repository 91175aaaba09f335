namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>One timer for all tasks that are watched, instead of one for each; it stands still while nobody waits. Thread safe.</summary>
internal sealed class SamplingClock : IDisposable
{
    /// <summary>How often running tasks are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    /// <summary>Guarded by <see cref="_lock"/>; null while nobody waits.</summary>
    private TaskCompletionSource? _tick;

    public SamplingClock(TimeProvider time) => _timer = time.CreateTimer(_ => Tick(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Completes within one interval.</summary>
    public Task Next()
    {
        lock (_lock)
        {
            if (_tick is null)
            {
                _tick = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }

            return _tick.Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        TaskCompletionSource? tick;
        lock (_lock)
        {
            (tick, _tick) = (_tick, null);
        }

        tick?.SetResult();
    }
}
