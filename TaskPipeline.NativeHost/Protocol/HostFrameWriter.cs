using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace TaskPipeline.NativeHost.Protocol;

/// <summary>Puts frames together in one buffer that is used again, so that each is one write call. For one writer at a time.</summary>
internal sealed class HostFrameWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>Starts a frame, forgetting the one before.</summary>
    public void Begin(HostFrameKind kind)
    {
        _length = HostProtocol.HeaderBytes;
        _buffer[4] = (byte)kind;
    }

    public void WriteByte(byte value) => Take(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    public void WriteGuid(Guid value) => value.TryWriteBytes(Take(16));

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteUInt32((uint)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Writes a string. Lone surrogates become the replacement character.</summary>
    public void WriteString(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        WriteUInt32((uint)count);
        Encoding.UTF8.GetBytes(value, Take(count));
    }

    /// <summary>Writes a string, or as many of its first characters as fit.</summary>
    public void WriteString(string value, int maxBytes)
    {
        var start = _length;
        WriteUInt32(0);
        var target = Take(Math.Min(Encoding.UTF8.GetMaxByteCount(value.Length), maxBytes));
        Utf8.FromUtf16(value, target, out _, out var written);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(start), (uint)written);
        _length = start + 4 + written;
    }

    /// <summary>Ends the frame.</summary>
    /// <returns>Its bytes, valid until the next <see cref="Begin"/>.</returns>
    /// <exception cref="HostProtocolException">The frame is larger than the other end would accept.</exception>
    public ReadOnlyMemory<byte> End()
    {
        var length = _length - 4;
        if (length > HostProtocol.MaxFrameBytes)
        {
            throw new HostProtocolException($"A frame of {length} bytes; allowed are at most {HostProtocol.MaxFrameBytes}.");
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_buffer, (uint)length);
        return _buffer.AsMemory(0, _length);
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}
