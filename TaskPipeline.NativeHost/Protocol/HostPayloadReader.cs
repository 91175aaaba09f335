using System.Buffers.Binary;
using System.Text;

namespace TaskPipeline.NativeHost.Protocol;

/// <summary>Takes the fields of a payload one after the other; every method throws <see cref="HostProtocolException"/> when the field is not there or breaks its limit.</summary>
internal ref struct HostPayloadReader(ReadOnlyMemory<byte> payload)
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _payload = payload;
    private int _position;

    public byte ReadByte() => Take(1)[0];

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public Guid ReadGuid() => new(Take(16));

    /// <summary>Reads an amount of seconds: finite and not negative.</summary>
    public double ReadSeconds()
    {
        var value = BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
        return double.IsFinite(value) && value >= 0
            ? value
            : throw new HostProtocolException("An amount of seconds that is negative or no number.");
    }

    /// <summary>Reads bytes without copying them.</summary>
    public ReadOnlyMemory<byte> ReadBytes(int maxBytes)
    {
        var length = ReadUInt32();
        if (length > (uint)maxBytes)
        {
            throw new HostProtocolException($"A field of {length} bytes; allowed are at most {maxBytes}.");
        }

        var start = _position;
        Take((int)length);
        return _payload.Slice(start, (int)length);
    }

    /// <summary>Reads a string that C code may get: well-formed UTF-8 without zero bytes.</summary>
    public string ReadString(int maxBytes)
    {
        var bytes = ReadBytes(maxBytes).Span;
        if (bytes.Contains((byte)0))
        {
            throw new HostProtocolException("A string with a zero byte.");
        }

        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new HostProtocolException("A string that is not UTF-8.");
        }
    }

    /// <summary>Demands that nothing is left.</summary>
    public readonly void End()
    {
        if (_position != _payload.Length)
        {
            throw new HostProtocolException($"{_payload.Length - _position} bytes after the last field of a frame.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_payload.Length - _position < count)
        {
            throw new HostProtocolException("A frame that ends before its last field.");
        }

        _position += count;
        return _payload.Span.Slice(_position - count, count);
    }
}
