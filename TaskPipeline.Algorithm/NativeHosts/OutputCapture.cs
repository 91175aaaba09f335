using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Keeps the last bytes of what one task prints on one stream of its host. The marker of the task ends its part; what follows
/// belongs to the next task. Thread safe.
/// </summary>
internal sealed class OutputCapture(Stream stream, int keep)
{
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: the tail of the running task, at most twice <c>keep</c> and a marker.</summary>
    private readonly List<byte> _tail = [];

    private byte[]? _marker;
    private TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads until the stream ends.</summary>
    public async Task PumpAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var count)
            {
                Append(buffer.AsSpan(0, count));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The host is gone; what was read is what there is.
        }

        lock (_lock)
        {
            _ended.TrySetResult(TakeText(_tail.Count));
        }
    }

    /// <summary>Begins the part of a task.</summary>
    /// <param name="token">Marks its end.</param>
    public void Begin(Guid token)
    {
        lock (_lock)
        {
            _marker = OutputMarker.Format(token);
            _ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            Scan();
        }
    }

    /// <summary>What the task printed, once its marker or the end of the stream has come; after the limit, what has come by then.</summary>
    public async Task<string> EndAsync(TimeSpan limit, TimeProvider time)
    {
        try
        {
            return await _ended.Task.WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                _marker = null;
                return _ended.Task.IsCompletedSuccessfully ? TakeText(0) : TakeText(_tail.Count);
            }
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _tail.AddRange(bytes);
            Scan();
            var surplus = _tail.Count - keep - OutputMarker.Bytes;
            if (surplus > keep)
            {
                _tail.RemoveRange(0, surplus);
            }
        }
    }

    private void Scan()
    {
        if (_marker is null)
        {
            return;
        }

        var position = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tail).IndexOf(_marker);
        if (position >= 0)
        {
            _ended.TrySetResult(TakeText(position));
            _tail.RemoveRange(0, OutputMarker.Bytes);
            _marker = null;
        }
    }

    /// <summary>Takes the first bytes out, of which the last <c>keep</c> become text; what is no UTF-8 is replaced.</summary>
    private string TakeText(int count)
    {
        var start = Math.Max(0, count - keep);
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tail)[start..count];

        // The cut may fall into a character: its rest would only show as replacement characters.
        var skip = 0;
        while (start > 0 && skip < Math.Min(3, bytes.Length) && (bytes[skip] & 0xC0) == 0x80)
        {
            skip++;
        }

        var text = Encoding.UTF8.GetString(bytes[skip..]);
        _tail.RemoveRange(0, count);
        return text;
    }
}
