namespace TaskPipeline.NativeHost.Protocol;

/// <summary>What the worker must know of the host's state after a run.</summary>
[Flags]
internal enum FinishedFlags : byte
{
    None = 0,

    /// <summary>
    /// Standard output still is what it was, and everything printed to it has been written; behind it stands the end-of-output marker, if the
    /// request has a token. Without this flag native code closed the descriptor or put another file in its place.
    /// </summary>
    OutputMarked = 1,

    /// <summary>The same for standard error.</summary>
    ErrorMarked = 2,

    /// <summary>Processes started by the run are still there: retire the host, its guard sweeps them.</summary>
    SubtreeNotEmpty = 4,

    /// <summary>The scratch folder is the same as before the run, and empty: it may serve another run of this host.</summary>
    ScratchUntouched = 8,

    /// <summary>Runs of this host have left a quarter of the descriptors open that one may have: retire it before its tasks fail for lack of them.</summary>
    DescriptorsLeftOpen = 16,
}
