using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Keeps the last bytes of what one task prints on one stream of its host. The marker of the task ends its part; what comes between
/// two tasks belongs to nobody and is dropped. Every byte is looked at once, and never more than a fixed number is held, however much is
/// printed. Thread safe.
/// </summary>
internal sealed class OutputCapture(Stream stream, int keep)
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: the end of what the task printed, followed by what may still be the start of its marker.</summary>
    private readonly byte[] _tail = new byte[(2 * keep) + OutputMarker.Bytes];

    /// <summary>Guarded by <see cref="_lock"/>, as are the next four.</summary>
    private int _length;
    private bool _cut;
    private byte[]? _marker;
    private bool _streamEnded;
    private Part _part = new();

    /// <summary>Reads until the stream ends.</summary>
    public async Task PumpAsync()
    {
        var buffer = new byte[ChunkBytes];
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

        EndStream();
    }

    /// <summary>The same on the calling thread: a thread of its own answers faster, and costs the others less.</summary>
    public void Pump()
    {
        var buffer = new byte[ChunkBytes];
        try
        {
            while (stream.Read(buffer) is > 0 and var count)
            {
                Append(buffer.AsSpan(0, count));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The host is gone; what was read is what there is.
        }

        EndStream();
    }

    /// <summary>Begins the part of a task.</summary>
    /// <param name="token">Marks its end.</param>
    public void Begin(Guid token)
    {
        Part? over = null;
        lock (_lock)
        {
            _length = 0;
            _cut = false;
            _marker = OutputMarker.Format(token);
            _part = new Part();
            if (_streamEnded)
            {
                over = End_NeedsLock(0);
            }
        }

        over?.Tell();
    }

    /// <summary>What the task printed, once its marker or the end of the stream has come; after the limit, what has come by then.</summary>
    public async ValueTask<string> EndAsync(TimeSpan limit, TimeProvider time)
    {
        Task<string> ended;
        lock (_lock)
        {
            ended = _part.Ended;
        }

        try
        {
            return ended.IsCompletedSuccessfully ? await ended : await ended.WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            Part? over = null;
            lock (_lock)
            {
                if (_marker is not null)
                {
                    over = End_NeedsLock(_length);
                }
            }

            over?.Tell();
            return await ended;
        }
    }

    private void EndStream()
    {
        Part? over = null;
        lock (_lock)
        {
            _streamEnded = true;
            if (_marker is not null)
            {
                over = End_NeedsLock(_length);
            }
        }

        over?.Tell();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Part? over;
        lock (_lock)
        {
            over = Append_NeedsLock(bytes);
        }

        over?.Tell();
    }

    /// <summary>Returns the part that is over with these bytes; null when none is.</summary>
    private Part? Append_NeedsLock(ReadOnlySpan<byte> bytes)
    {
        if (_marker is null)
        {
            return null;
        }

        // A marker may begin in what was kept and end in what has come: only that seam is looked at again.
        var seam = Math.Min(_length, OutputMarker.Bytes - 1);
        var seamStart = _length - seam;
        Span<byte> joint = stackalloc byte[2 * (OutputMarker.Bytes - 1)];
        _tail.AsSpan(seamStart, seam).CopyTo(joint);
        var taken = Math.Min(bytes.Length, OutputMarker.Bytes - 1);
        bytes[..taken].CopyTo(joint[seam..]);
        var position = joint[..(seam + taken)].IndexOf(_marker);
        if (position >= 0)
        {
            return End_NeedsLock(seamStart + position);
        }

        position = bytes.IndexOf(_marker);
        Keep_NeedsLock(position >= 0 ? bytes[..position] : bytes);
        return position >= 0 ? End_NeedsLock(_length) : null;
    }

    private void Keep_NeedsLock(ReadOnlySpan<byte> bytes)
    {
        // What is needed: the last bytes to keep, and before the marker has come a possible start of it.
        const int Seam = OutputMarker.Bytes - 1;
        var needed = keep + Seam;
        if (bytes.Length > needed)
        {
            _cut = true;
            bytes = bytes[^needed..];
        }

        if (_length + bytes.Length > _tail.Length)
        {
            var keptFromTail = needed - bytes.Length;
            _tail.AsSpan(_length - keptFromTail, keptFromTail).CopyTo(_tail);
            _length = keptFromTail;
            _cut = true;
        }

        bytes.CopyTo(_tail.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Ends the part with a text of the last bytes up to a position; what is no UTF-8 is replaced.</summary>
    private Part End_NeedsLock(int count)
    {
        var start = Math.Max(0, count - keep);
        var bytes = _tail.AsSpan(start, count - start);

        // The cut may fall into a character: its rest would only show as replacement characters.
        var skip = 0;
        while ((start > 0 || _cut) && skip < Math.Min(3, bytes.Length) && (bytes[skip] & 0xC0) == 0x80)
        {
            skip++;
        }

        _marker = null;
        _length = 0;
        _part.Text = bytes.Length == skip ? "" : Encoding.UTF8.GetString(bytes[skip..]);
        return _part;
    }

    /// <summary>What one task prints. Its end is told outside of the lock, on the thread that found it.</summary>
    private sealed class Part
    {
        private readonly TaskCompletionSource<string> _ended = new();

        /// <summary>Set under the lock, when it is over.</summary>
        public string Text { get; set; } = "";

        public Task<string> Ended => _ended.Task;

        public void Tell() => _ended.TrySetResult(Text);
    }
}
