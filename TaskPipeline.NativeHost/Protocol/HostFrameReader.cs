using System.Buffers.Binary;

namespace TaskPipeline.NativeHost.Protocol;

/// <summary>
/// Reads frames from a stream, one read call per frame in the common case. For one reader at a time. A frame looks like
/// <c>02 00 00 00 58 …</c>: the length of what follows (u32, little endian), the kind, the payload.
/// </summary>
/// <remarks>Whatever the bytes are, nothing but <see cref="HostProtocolException"/> and the exceptions of the stream come out, and never more than <see cref="HostProtocol.MaxFrameBytes"/> is kept.</remarks>
internal sealed class HostFrameReader(Stream stream)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Reads the next frame on the calling thread.</summary>
    /// <returns>The frame, or null when the other end closed the channel between two frames.</returns>
    /// <exception cref="HostProtocolException">The frame is malformed or cut off.</exception>
    public HostFrame? Read()
    {
        HostFrame frame;
        while (!TryTake(out frame))
        {
            if (!Accept(stream.Read(_buffer, _end, _buffer.Length - _end)))
            {
                return null;
            }
        }

        return frame;
    }

    /// <inheritdoc cref="Read"/>
    public async ValueTask<HostFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        HostFrame frame;
        while (!TryTake(out frame))
        {
            if (!Accept(await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false)))
            {
                return null;
            }
        }

        return frame;
    }

    private bool Accept(int count)
    {
        if (count > 0)
        {
            _end += count;
            return true;
        }

        return _start == _end ? false : throw new HostProtocolException("The channel ended in the middle of a frame.");
    }

    private bool TryTake(out HostFrame frame)
    {
        var available = _end - _start;
        var needed = HostProtocol.HeaderBytes;
        if (available >= HostProtocol.HeaderBytes)
        {
            var (kind, payloadBytes) = ParseHeader(_buffer.AsSpan(_start, HostProtocol.HeaderBytes));
            needed += payloadBytes;
            if (available >= needed)
            {
                frame = new HostFrame(kind, _buffer.AsMemory(_start + HostProtocol.HeaderBytes, payloadBytes));
                _start += needed;
                return true;
            }
        }

        MakeRoom(needed);
        frame = default;
        return false;
    }

    private static (HostFrameKind Kind, int PayloadBytes) ParseHeader(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length is 0 or > HostProtocol.MaxFrameBytes)
        {
            throw new HostProtocolException($"A frame of {length} bytes; allowed are 1 to {HostProtocol.MaxFrameBytes}.");
        }

        var kind = (HostFrameKind)header[4];
        return kind is HostFrameKind.Hello or HostFrameKind.Run or HostFrameKind.Finished or HostFrameKind.Exit
            ? (kind, (int)length - 1)
            : throw new HostProtocolException($"A frame of the unknown kind {header[4]}.");
    }

    // Only called when no frame is handed out from the buffer any more, so that its bytes may move.
    private void MakeRoom(int needed)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, needed);
        }
    }
}
