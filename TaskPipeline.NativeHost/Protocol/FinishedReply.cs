namespace TaskPipeline.NativeHost.Protocol;

/// <summary>How one run ended and what it used. Comes from a process in which native code did as it pleased: true in form, not to be trusted in content.</summary>
internal sealed record FinishedReply
{
    public required ulong Sequence { get; init; }

    public required HostStatus Status { get; init; }

    /// <summary>Why the status is not <see cref="HostStatus.Ok"/>; empty when nothing was said.</summary>
    public required string Message { get; init; }

    /// <summary>One JSON value, checked by the host (depth at most 64), or null when none was set. The parsed reply owns its bytes.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>Processor time of this run, ended children included.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Processor time of the host since its start, ended children included.</summary>
    public required double TotalCpuSeconds { get; init; }

    /// <summary>The largest resident size during this run; 0 when the system cannot tell.</summary>
    public required ulong PeakMemoryBytes { get; init; }

    /// <summary>The resident size now: what a worker watches for growth; 0 when the system cannot tell.</summary>
    public required ulong MemoryBytes { get; init; }

    public required FinishedFlags Flags { get; init; }

    public ReadOnlyMemory<byte> WriteTo(HostFrameWriter writer)
    {
        writer.Begin(HostFrameKind.Finished);
        writer.WriteUInt64(Sequence);
        writer.WriteInt32((int)Status);
        writer.WriteString(Message, HostProtocol.MaxMessageBytes);
        writer.WriteByte(Result is null ? (byte)0 : (byte)1);
        if (Result is { } result)
        {
            writer.WriteBytes(result.Span);
        }

        writer.WriteDouble(CpuSeconds);
        writer.WriteDouble(TotalCpuSeconds);
        writer.WriteUInt64(PeakMemoryBytes);
        writer.WriteUInt64(MemoryBytes);
        writer.WriteByte((byte)Flags);
        return writer.End();
    }

    /// <exception cref="HostProtocolException">The frame is of another kind or malformed.</exception>
    public static FinishedReply Parse(HostFrame frame)
    {
        frame.Expect(HostFrameKind.Finished);
        var reader = new HostPayloadReader(frame.Payload);
        var reply = new FinishedReply
        {
            Sequence = reader.ReadUInt64(),
            Status = ReadStatus(ref reader),
            Message = reader.ReadString(HostProtocol.MaxMessageBytes),
            Result = ReadResult(ref reader),
            CpuSeconds = reader.ReadSeconds(),
            TotalCpuSeconds = reader.ReadSeconds(),
            PeakMemoryBytes = reader.ReadUInt64(),
            MemoryBytes = reader.ReadUInt64(),
            Flags = ReadFlags(ref reader),
        };
        reader.End();
        return reply;
    }

    private static HostStatus ReadStatus(ref HostPayloadReader reader)
    {
        var status = (HostStatus)reader.ReadInt32();
        return Enum.IsDefined(status) ? status : throw new HostProtocolException($"The unknown status {(int)status}.");
    }

    private static ReadOnlyMemory<byte>? ReadResult(ref HostPayloadReader reader)
    {
        var hasResult = reader.ReadByte();
        return hasResult switch
        {
            0 => (ReadOnlyMemory<byte>?)null,
            1 => reader.ReadBytes(HostProtocol.MaxDocumentBytes).ToArray(),
            _ => throw new HostProtocolException($"{hasResult} where 0 or 1 was due."),
        };
    }

    private static FinishedFlags ReadFlags(ref HostPayloadReader reader)
    {
        var flags = (FinishedFlags)reader.ReadByte();
        const FinishedFlags Known = FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked | FinishedFlags.SubtreeNotEmpty | FinishedFlags.ScratchUntouched
            | FinishedFlags.DescriptorsLeftOpen;
        return (flags & ~Known) == 0 ? flags : throw new HostProtocolException($"The unknown flags {(byte)flags}.");
    }
}
