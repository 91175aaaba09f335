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

    /// <summary>It filled its scratch folder beyond the limit.</summary>
    ScratchLimit,

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

    /// <summary>What native code did to the channel of its host; null when nothing.</summary>
    public string? ChannelProblem { get; init; }

    public string Output { get; init; } = "";

    public string Errors { get; init; } = "";

    public StatusSample Last { get; init; }

    /// <summary>From handing the task over until it was known how it ended; zero when it was stopped before.</summary>
    public TimeSpan Wall { get; init; }

    /// <summary>How long it ran after it had outstayed its lane; null when it did not.</summary>
    public TimeSpan? Demoted { get; init; }

    /// <summary>Processor time of the host before this run.</summary>
    public double CpuSecondsBefore { get; init; }

    /// <summary>The limits that it had.</summary>
    public RunLimits Limits { get; init; } = new(0, 0, 0);
}

/// <summary>The limits of one run that a failure may name.</summary>
/// <param name="MemoryBytes">RLIMIT_DATA.</param>
/// <param name="CpuSeconds">Processor time; 0 for none.</param>
/// <param name="ScratchBytes">What its scratch folder may hold.</param>
internal sealed record RunLimits(long MemoryBytes, double CpuSeconds, long ScratchBytes);
