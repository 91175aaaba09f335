namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Acknowledges the deliveries of one channel in groups: what comes within a moment of the first is sent together, everything up
/// to the first delivery that is still held as one. Groups are sent one after the other: what an earlier one acknowledges alone must not be in a later one a second time,
/// which the broker answers by closing the channel. Nothing waits for a place of a prefetch as long as that moment lasts, because
/// more is prefetched than runs. Thread safe.
/// </summary>
/// <param name="acknowledge">Acknowledges one delivery, or all up to it; does not throw.</param>
/// <param name="time">The clock.</param>
internal sealed class LaneAcknowledgements(Func<ulong, bool, Task> acknowledge, TimeProvider time)
{
    private static readonly TimeSpan s_collect = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: settled, not acknowledged yet.</summary>
    private readonly SortedSet<ulong> _settled = [];

    /// <summary>Guarded by <see cref="_lock"/>: acknowledged one by one because an earlier one is still held.</summary>
    private readonly SortedSet<ulong> _ahead = [];

    /// <summary>Guarded by <see cref="_lock"/>: every delivery before this one is acknowledged. A channel counts them from 1.</summary>
    private ulong _next = 1;

    /// <summary>Guarded by <see cref="_lock"/>: whether the newest group is still being collected.</summary>
    private bool _isCollecting;

    /// <summary>Guarded by <see cref="_lock"/>: the newest group, completed when it is sent.</summary>
    private Task _newest = Task.CompletedTask;

    /// <summary>Acknowledges a delivery; completes when that is sent.</summary>
    public Task AcknowledgeAsync(ulong tag)
    {
        Task before;
        TaskCompletionSource group;
        lock (_lock)
        {
            _settled.Add(tag);
            if (_isCollecting)
            {
                return _newest;
            }

            _isCollecting = true;
            group = new TaskCompletionSource();
            (before, _newest) = (_newest, group.Task);
        }

        // Not below the lock, and noted before: a thread that gets no processor for a moment finds the wait over before it has begun, and sends the group here and now.
        _ = SendAsync(group, before);
        return group.Task;
    }

    private async Task SendAsync(TaskCompletionSource group, Task before)
    {
        await Task.Delay(s_collect, time, CancellationToken.None);
        await before;
        ulong? upTo;
        ulong[] single;
        lock (_lock)
        {
            _isCollecting = false;
            upTo = TakeContiguous_NeedsLock();
            single = [.. _settled];
            _ahead.UnionWith(_settled);
            _settled.Clear();
        }

        if (upTo is { } last)
        {
            await acknowledge(last, true);
        }

        foreach (var tag in single)
        {
            await acknowledge(tag, false);
        }

        group.SetResult();
    }

    /// <summary>The last of those from the first unacknowledged one on without a gap; null when the first is still held.</summary>
    private ulong? TakeContiguous_NeedsLock()
    {
        ulong? last = null;
        while (true)
        {
            if (_settled.Remove(_next))
            {
                last = _next++;
            }
            else if (_ahead.Remove(_next))
            {
                _next++;
            }
            else
            {
                return last;
            }
        }
    }
}
