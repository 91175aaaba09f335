using System.Net.Sockets;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Keeps the last bytes of what one task prints on one stream of its host. What the pipe holds when the host has answered, or the marker of the
/// task where that cannot be seen, ends its part; what comes between two tasks belongs to nobody and is dropped. Every byte is looked at once, and
/// never more than a fixed number is held, however much is printed. Thread safe.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="keep">How many bytes of a task are kept.</param>
/// <param name="pipe">The same stream, looked at from outside; null where that is not possible. Disposed of when the stream has ended.</param>
internal sealed class OutputCapture(Stream stream, int keep, ReadablePipe? pipe = null)
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>: what was read last.</summary>
    private readonly byte[] _chunk = new byte[pipe is null ? 0 : ChunkBytes];

    /// <summary>Guarded by <see cref="_lock"/>: the end of what the task printed, followed by what may still be the start of its marker.</summary>
    private readonly byte[] _tail = new byte[(2 * keep) + OutputMarker.Bytes];

    /// <summary>Guarded by <see cref="_lock"/>, as are the next five.</summary>
    private int _length;
    private bool _cut;

    /// <summary>Whether a task prints now, and what marks its end; null when nothing does.</summary>
    private bool _open;
    private byte[]? _marker;
    private bool _streamEnded;
    private Part _part = new();

    /// <summary>Whether the host has to mark the end of what a task prints: nothing else tells it here.</summary>
    public bool NeedsMarker => pipe is null;

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
        if (pipe is not null)
        {
            PumpWhatIsThere(pipe);
            return;
        }

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
    /// <param name="token">Marks its end; empty when nothing does.</param>
    public void Begin(Guid token)
    {
        Part? over = null;
        lock (_lock)
        {
            _length = 0;
            _cut = false;
            _open = true;
            _marker = token == Guid.Empty ? null : OutputMarker.Format(token);
            _part = new Part();
            if (_streamEnded)
            {
                over = End_NeedsLock(0);
            }
        }

        over?.Tell();
    }

    /// <summary>
    /// What the task printed, to be called when it has ended: at once where it can be seen that a pipe is empty; elsewhere once its marker or the end of the
    /// stream has come, and after the limit, what has come by then.
    /// </summary>
    public ValueTask<string> EndAsync(TimeSpan limit, TimeProvider time)
    {
        if (pipe is null)
        {
            return WaitForEndAsync(limit, time);
        }

        Part over;
        lock (_lock)
        {
            over = !_open ? _part : Drain_NeedsLock(pipe) ?? End_NeedsLock(_length);
        }

        over.Tell();
        return new ValueTask<string>(over.Text);
    }

    private async ValueTask<string> WaitForEndAsync(TimeSpan limit, TimeProvider time)
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
                if (_open)
                {
                    over = End_NeedsLock(_length);
                }
            }

            over?.Tell();
            return await ended;
        }
    }

    /// <summary>Nothing is read but under the lock: what was printed either stands in the tail or still is in the pipe, whoever looks.</summary>
    private void PumpWhatIsThere(ReadablePipe readable)
    {
        try
        {
            while (true)
            {
                readable.Wait();
                Part? over;
                lock (_lock)
                {
                    // Whoever ended a part may have read it meanwhile.
                    if (!readable.IsReadable)
                    {
                        continue;
                    }

                    var count = readable.Read(_chunk);
                    if (count == 0)
                    {
                        break;
                    }

                    over = Append_NeedsLock(_chunk.AsSpan(0, count));
                }

                over?.Tell();
            }
        }
        catch (SocketException)
        {
            // The host is gone; what was read is what there is.
        }

        EndStream();
    }

    /// <summary>Reads what is there now, and no more: something that was left behind may print without end. Returns the part that is over with it.</summary>
    private Part? Drain_NeedsLock(ReadablePipe readable)
    {
        try
        {
            for (var left = _streamEnded ? 0 : readable.Available; left > 0;)
            {
                var count = readable.Read(_chunk.AsSpan(0, Math.Min(left, ChunkBytes)));
                if (Append_NeedsLock(_chunk.AsSpan(0, count)) is { } over)
                {
                    return over;
                }

                left = count > 0 ? left - count : 0;
            }
        }
        catch (SocketException)
        {
            // The host is gone; what was read is what there is.
        }

        return null;
    }

    private void EndStream()
    {
        Part? over = null;
        lock (_lock)
        {
            _streamEnded = true;
            pipe?.Dispose();
            if (_open)
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
        if (!_open)
        {
            return null;
        }

        if (_marker is null)
        {
            Keep_NeedsLock(bytes);
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

        _open = false;
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
