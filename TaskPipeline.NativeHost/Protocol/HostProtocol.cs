namespace TaskPipeline.NativeHost.Protocol;

/// <summary>The numbers on which host and worker agree. Both are compiled from this source, so a change of the version is seen only by a host of another build.</summary>
internal static class HostProtocol
{
    /// <summary>First word of a <see cref="Hello"/>: "TPH1".</summary>
    public const uint Magic = 0x5450_4831;

    /// <summary>Raised with every change of a frame or of the status page.</summary>
    public const uint Version = 4;

    /// <summary>Length word and kind.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The largest frame, its kind included, its length word not.</summary>
    public const int MaxFrameBytes = 1024 * 1024;

    /// <summary>The largest input and the largest result.</summary>
    public const int MaxDocumentBytes = 256 * 1024;

    public const int MaxPathBytes = 4096;

    public const int MaxAlgorithmBytes = 100;

    /// <summary>The largest message of a <see cref="FinishedReply"/>; the host shortens what is longer.</summary>
    public const int MaxMessageBytes = 4095;
}
