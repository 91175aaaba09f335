namespace TaskPipeline.Testing;

/// <summary>One way in which native code misbehaves and what becomes of the task, under the limits of <see cref="FaultCases.Limits"/>.</summary>
/// <param name="Algorithm">The algorithm of the fault library.</param>
/// <param name="Input">Its input; FILE stands for a file that the test makes.</param>
/// <param name="Status">The terminal status.</param>
public sealed record FaultCase(string Algorithm, string Input, string Status)
{
    /// <summary>failure.kind; null when the task completes.</summary>
    public string? Kind { get; init; }

    /// <summary>failure.signal.</summary>
    public string? Signal { get; init; }

    /// <summary>failure.exitCode.</summary>
    public int? ExitCode { get; init; }

    /// <summary>failure.limit.</summary>
    public string? Limit { get; init; }

    /// <summary>What failure.message contains.</summary>
    public string Says { get; init; } = "";

    /// <summary>The limit of the attempt: little where nothing else ends it.</summary>
    public double TimeoutSeconds => Status == "timed_out" ? 0.5 : 60;

    /// <summary>Tells the cases apart.</summary>
    public string Name => $"{Algorithm} {Input}";
}
