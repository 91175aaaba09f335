using System.IO.Pipes;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Reads a pipe, tells how much it holds without reading it, and waits until it holds something. The runtime offers both for sockets only, but does so for
/// every descriptor: its own asynchronous pipes are built on that. Thread safe, until its disposal.
/// </summary>
internal sealed class ReadablePipe : IDisposable
{
    private readonly SafePipeHandle _handle;
    private readonly Socket _socket;

    private ReadablePipe(SafePipeHandle handle, Socket socket) => (_handle, _socket) = (handle, socket);

    /// <summary>Of a stream; null where that is none of a pipe, or the platform cannot tell.</summary>
    public static ReadablePipe? TryOpen(Stream stream)
    {
        if (OperatingSystem.IsWindows() || stream is not PipeStream pipe)
        {
            return null;
        }

        // Kept open until Dispose, whoever closes the stream meanwhile: another file must not get its number.
        var handle = pipe.SafePipeHandle;
        var kept = false;
        handle.DangerousAddRef(ref kept);
        Socket? socket = null;
        try
        {
            socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: false));
            _ = socket.Available;
            return new ReadablePipe(handle, socket);
        }
        catch (SocketException)
        {
            socket?.Dispose();
            handle.DangerousRelease();
            return null;
        }
    }

    /// <summary>How many bytes can be read without waiting.</summary>
    public int Available => _socket.Available;

    /// <summary>Whether a read would return at once: with bytes, or because the stream has ended.</summary>
    public bool IsReadable => _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    /// <summary>Waits until the pipe holds something or has ended.</summary>
    public void Wait() => _socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);

    /// <summary>Reads what is there; waits when there is nothing. 0 at the end. The stream itself must not be read: whoever closes it would meet the reader there.</summary>
    /// <exception cref="SocketException">The pipe cannot be read.</exception>
    public int Read(Span<byte> buffer) => _socket.Receive(buffer);

    public void Dispose()
    {
        _socket.Dispose();
        _handle.DangerousRelease();
    }
}
