namespace TaskPipeline.NativeHost.Protocol;

/// <summary>What the worker must know of the host's state after a run.</summary>
[Flags]
internal enum FinishedFlags : byte
{
    None = 0,

    /// <summary>An end-of-output marker was written to standard output: read up to it. Without it, native code closed the descriptor.</summary>
    OutputMarked = 1,

    /// <summary>The same for standard error.</summary>
    ErrorMarked = 2,

    /// <summary>Processes started by the run are still there: retire the host, its guard sweeps them.</summary>
    SubtreeNotEmpty = 4,
}
