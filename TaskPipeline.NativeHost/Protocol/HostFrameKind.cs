namespace TaskPipeline.NativeHost.Protocol;

/// <summary>What a frame is; its second field, after the length.</summary>
internal enum HostFrameKind : byte
{
    /// <summary>Host to worker, first and once: <see cref="Protocol.Hello"/>.</summary>
    Hello = (byte)'H',

    /// <summary>Worker to host: <see cref="RunRequest"/>. The next one follows only after <see cref="Finished"/>.</summary>
    Run = (byte)'R',

    /// <summary>Host to worker: <see cref="FinishedReply"/>, exactly one for each <see cref="Run"/> unless the host dies.</summary>
    Finished = (byte)'F',

    /// <summary>Worker to host, without payload: close the algorithms and exit with 0. The end of the pipe means the same.</summary>
    Exit = (byte)'X',
}
