using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// One reader of a task's events, with just enough of HTTP and of server-sent events: a thousand full clients would measure themselves. Keeps how late it heard
/// of the start and of the end of its task. Dispose closes the connection.
/// </summary>
internal sealed class EventReader : IDisposable
{
    /// <summary>2026-11-27T05:51:31.123456Z.</summary>
    private const int TimeLength = 27;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<byte> _event = [];

    /// <summary>Read and not looked at: from <see cref="_start"/> to <see cref="_end"/>.</summary>
    private int _start;
    private int _end;

    /// <summary>When the bytes at hand came.</summary>
    private DateTimeOffset _came;

    /// <summary>When each event came.</summary>
    public List<DateTimeOffset> Events { get; } = [];

    /// <summary>Milliseconds from the stored start of the task to the first event that knew of it; null when none did.</summary>
    public double? StartHeardAfter { get; private set; }

    /// <summary>The same for its end; null means that the reader was dropped.</summary>
    public double? EndHeardAfter { get; private set; }

    /// <summary>Connects and asks; returns when the first event is there, which is the task as it is.</summary>
    /// <exception cref="IOException">The answer was another.</exception>
    public async Task OpenAsync(int port, string task, CancellationToken limit)
    {
        await _socket.ConnectAsync(IPAddress.Loopback, port, limit);
        await _socket.SendAsync(HttpConnection.Get($"/tasks/{task}/events"), limit);
        var status = await ReadLineAsync(limit);
        for (var header = status; header.Length > 0;)
        {
            header = await ReadLineAsync(limit);
        }

        if (!status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new IOException($"The events of {task} were answered {status}");
        }

        while (Events.Count == 0 && await ReadChunkAsync(limit))
        {
        }
    }

    /// <summary>Reads until the stream ends.</summary>
    public async Task ReadAsync(CancellationToken limit)
    {
        try
        {
            while (await ReadChunkAsync(limit))
            {
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // Dropped: it has not heard of the end.
        }
    }

    public void Dispose() => _socket.Dispose();

    // 2f\r\n … \r\n; the last has the length 0.
    private async Task<bool> ReadChunkAsync(CancellationToken limit)
    {
        var left = int.Parse(await ReadLineAsync(limit), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var isLast = left == 0;
        while (left > 0)
        {
            await FillAsync(limit);
            var taken = Math.Min(left, _end - _start);
            Take(_buffer.AsSpan(_start, taken));
            (_start, left) = (_start + taken, left - taken);
        }

        await ReadLineAsync(limit);
        return !isLast;
    }

    private async Task<string> ReadLineAsync(CancellationToken limit)
    {
        var line = new StringBuilder();
        while (true)
        {
            await FillAsync(limit);
            var next = (char)_buffer[_start++];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }
    }

    private async ValueTask FillAsync(CancellationToken limit)
    {
        if (_start < _end)
        {
            return;
        }

        _start = 0;
        _end = await _socket.ReceiveAsync(_buffer, limit);
        _came = DateTimeOffset.UtcNow;
        if (_end == 0)
        {
            throw new IOException("The server closed the connection");
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
        {
            _event.Add(next);
            if (next == '\n' && _event is [.., (byte)'\n', _])
            {
                TakeEvent(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_event));
                _event.Clear();
            }
        }
    }

    private void TakeEvent(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("data: "u8) < 0)
        {
            // The comment that keeps the stream open.
            return;
        }

        Events.Add(_came);
        StartHeardAfter ??= After(text, "\"startedAt\":\""u8);
        EndHeardAfter ??= After(text, "\"finishedAt\":\""u8);
    }

    // Members of the task come before those of its attempts.
    private double? After(ReadOnlySpan<byte> text, ReadOnlySpan<byte> member)
    {
        var at = text.IndexOf(member);
        return at >= 0
            ? (_came - DateTimeOffset.Parse(Encoding.ASCII.GetString(text.Slice(at + member.Length, TimeLength)), CultureInfo.InvariantCulture)).TotalMilliseconds
            : null;
    }
}
