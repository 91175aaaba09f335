namespace TaskPipeline.NativeHost.Check;

/// <summary>Reads a stream of a host to its end, keeping nothing but what is needed to find the marker behind each run. A host can always print: nobody waits for this reader.</summary>
internal sealed class CapturedOutput
{
    private readonly Lock _lock = new();
    private readonly List<byte> _unclaimed = [];

    // Set by each arrival of bytes and by the end of the stream; guarded by _lock like the list.
    private TaskCompletionSource _arrival = NewArrival();
    private long _dropped;
    private bool _ended;

    public CapturedOutput(Stream stream) => _ = ReadAsync(stream);

    /// <summary>Waits for the marker.</summary>
    /// <returns>How many bytes came before it; all there were, when the stream ended without it.</returns>
    public async Task<long> CountUntilAsync(byte[] marker, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_lock)
            {
                if (TryClaim_NeedsLock(marker, out var count))
                {
                    return count;
                }

                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryClaim_NeedsLock(byte[] marker, out long count)
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unclaimed);
        var index = bytes.IndexOf(marker);
        count = _dropped + (index < 0 ? bytes.Length : index);
        if (index >= 0)
        {
            _unclaimed.RemoveRange(0, index + marker.Length);
            _dropped = 0;
            return true;
        }

        // Only the end can still be the beginning of the marker.
        var surplus = Math.Max(bytes.Length - marker.Length, 0);
        _unclaimed.RemoveRange(0, surplus);
        _dropped += surplus;
        return _ended;
    }

    private async Task ReadAsync(Stream stream)
    {
        var buffer = new byte[65536];
        int count;
        do
        {
            try
            {
                count = await stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The host is gone and disposed of: the end, like any other.
                count = 0;
            }

            TaskCompletionSource arrival;
            lock (_lock)
            {
                _unclaimed.AddRange(buffer.AsSpan(0, count));
                _ended = count == 0;
                arrival = _arrival;
                _arrival = NewArrival();
            }

            arrival.SetResult();
        }
        while (count > 0);
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
