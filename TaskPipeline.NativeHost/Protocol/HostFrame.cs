namespace TaskPipeline.NativeHost.Protocol;

/// <summary>One frame as read. The payload lives in the reader's buffer: it is valid until the next read.</summary>
internal readonly record struct HostFrame(HostFrameKind Kind, ReadOnlyMemory<byte> Payload)
{
    /// <exception cref="HostProtocolException">The frame is of another kind.</exception>
    public void Expect(HostFrameKind kind)
    {
        if (Kind != kind)
        {
            throw new HostProtocolException($"A frame of kind {Kind} where {kind} was due.");
        }
    }
}
