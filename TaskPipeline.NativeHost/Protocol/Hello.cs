namespace TaskPipeline.NativeHost.Protocol;

/// <summary>The first frame of a host: it is ready for a task.</summary>
/// <param name="AbiVersion">The version of tp_algorithm.h that the host was built for: major &lt;&lt; 16 | minor.</param>
/// <param name="ProcessId">The host's own id.</param>
/// <param name="CpuSeconds">The processor time that its start took: no task's.</param>
internal sealed record Hello(uint AbiVersion, int ProcessId, double CpuSeconds)
{
    public ReadOnlyMemory<byte> WriteTo(HostFrameWriter writer)
    {
        writer.Begin(HostFrameKind.Hello);
        writer.WriteUInt32(HostProtocol.Magic);
        writer.WriteUInt32(HostProtocol.Version);
        writer.WriteUInt32(AbiVersion);
        writer.WriteInt32(ProcessId);
        writer.WriteDouble(CpuSeconds);
        return writer.End();
    }

    /// <exception cref="HostProtocolException">The payload is malformed, or of another version of the protocol.</exception>
    public static Hello Parse(HostFrame frame)
    {
        frame.Expect(HostFrameKind.Hello);
        var reader = new HostPayloadReader(frame.Payload);
        var magic = reader.ReadUInt32();
        var version = reader.ReadUInt32();
        if (magic != HostProtocol.Magic || version != HostProtocol.Version)
        {
            throw new HostProtocolException($"The host speaks {magic:X8} version {version}, not {HostProtocol.Magic:X8} version {HostProtocol.Version}.");
        }

        var hello = new Hello(reader.ReadUInt32(), reader.ReadInt32(), reader.ReadSeconds());
        reader.End();
        return hello.ProcessId > 0 ? hello : throw new HostProtocolException($"A process id of {hello.ProcessId}.");
    }
}
