using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Why a run was stopped from outside.</summary>
internal enum StopReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Its client cancelled it.</summary>
    Cancelled,

    /// <summary>Its time ran out.</summary>
    Timeout,

    /// <summary>It made no progress for too long.</summary>
    NoProgress,

    /// <summary>The worker stops, or the API has given the attempt to another.</summary>
    Abandoned,
}

/// <summary>Everything that is known of a run when it is over.</summary>
internal sealed record AttemptEnd
{
    /// <summary>What the host said; null when it said nothing more.</summary>
    public FinishedReply? Reply { get; init; }

    /// <summary>How the host's process ended; null when it lives on.</summary>
    public HostExit? Exit { get; init; }

    public required StopReason Stopped { get; init; }

    public required string Output { get; init; }

    public required string Errors { get; init; }

    public required StatusSample Last { get; init; }

    public required TimeSpan Wall { get; init; }

    /// <summary>Processor time of the host before this run.</summary>
    public required double CpuSecondsBefore { get; init; }

    public required long MemoryLimitBytes { get; init; }
}
