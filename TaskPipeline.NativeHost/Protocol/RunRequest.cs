namespace TaskPipeline.NativeHost.Protocol;

/// <summary>The order to run one task, with all that the host must know of it.</summary>
internal sealed record RunRequest
{
    /// <summary>Numbers the tasks of one host from 1; the stop word of the status page names it.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>
    /// Random and known to nobody else: marks the end of the task's output. See <see cref="OutputMarker"/>. Empty: no marker is written, because the
    /// worker can see for itself that a pipe is empty.
    /// </summary>
    public required Guid OutputToken { get; init; }

    /// <summary>The library file that has the algorithm. The host loads it when it is named for the first time.</summary>
    public required string LibraryPath { get; init; }

    public required string Algorithm { get; init; }

    /// <summary>An empty folder of the task's own; becomes TMPDIR and the working directory.</summary>
    public required string ScratchDirectory { get; init; }

    /// <value>RLIMIT_DATA; 0 for none.</value>
    public ulong MemoryLimitBytes { get; init; }

    /// <value>The processor time the run may use, children included or not as RLIMIT_CPU counts; 0 for none.</value>
    public double CpuLimitSeconds { get; init; }

    /// <value>RLIMIT_FSIZE; 0 for none.</value>
    public ulong FileSizeLimitBytes { get; init; }

    /// <value>RLIMIT_NOFILE; 0 leaves it as it is.</value>
    public uint OpenFilesLimit { get; init; }

    /// <summary>One JSON object. When parsed from a frame: valid as long as the frame.</summary>
    public required ReadOnlyMemory<byte> Input { get; init; }

    public ReadOnlyMemory<byte> WriteTo(HostFrameWriter writer)
    {
        writer.Begin(HostFrameKind.Run);
        writer.WriteUInt64(Sequence);
        writer.WriteGuid(OutputToken);
        writer.WriteString(LibraryPath);
        writer.WriteString(Algorithm);
        writer.WriteString(ScratchDirectory);
        writer.WriteUInt64(MemoryLimitBytes);
        writer.WriteDouble(CpuLimitSeconds);
        writer.WriteUInt64(FileSizeLimitBytes);
        writer.WriteUInt32(OpenFilesLimit);
        writer.WriteBytes(Input.Span);
        return writer.End();
    }

    /// <exception cref="HostProtocolException">The frame is of another kind or malformed.</exception>
    public static RunRequest Parse(HostFrame frame)
    {
        frame.Expect(HostFrameKind.Run);
        var reader = new HostPayloadReader(frame.Payload);
        var request = new RunRequest
        {
            Sequence = reader.ReadUInt64(),
            OutputToken = reader.ReadGuid(),
            LibraryPath = reader.ReadString(HostProtocol.MaxPathBytes),
            Algorithm = reader.ReadString(HostProtocol.MaxAlgorithmBytes),
            ScratchDirectory = reader.ReadString(HostProtocol.MaxPathBytes),
            MemoryLimitBytes = reader.ReadUInt64(),
            CpuLimitSeconds = reader.ReadSeconds(),
            FileSizeLimitBytes = reader.ReadUInt64(),
            OpenFilesLimit = reader.ReadUInt32(),
            Input = reader.ReadBytes(HostProtocol.MaxDocumentBytes),
        };
        reader.End();
        return request.Sequence != 0 ? request : throw new HostProtocolException("A task with the sequence 0, which means none.");
    }
}
