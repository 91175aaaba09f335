namespace TaskPipeline.NativeHost.Protocol;

/// <summary>How a run ended as far as its host can tell. Up to 0: what the algorithm returned (the same numbers as in tp_algorithm.h); from 100: what the host found.</summary>
internal enum HostStatus
{
    Ok = 0,

    /// <summary>It failed and would again. A value that the header does not know becomes this, with the value in the message.</summary>
    Error = -1,

    RetryableError = -2,

    InvalidInput = -3,

    /// <summary>It stopped because it was asked to.</summary>
    Stopped = -4,

    /// <summary>The library could not be loaded, or has another ABI.</summary>
    LibraryUnusable = 100,

    /// <summary>The library has no such algorithm.</summary>
    AlgorithmMissing = 101,

    /// <summary>The algorithm's <c>open</c> failed.</summary>
    OpenFailed = 102,

    ResultTooLarge = 103,

    ResultNotJson = 104,

    /// <summary>The host could not give the run its limits or its scratch folder; the algorithm was not called.</summary>
    SetupFailed = 105,
}
