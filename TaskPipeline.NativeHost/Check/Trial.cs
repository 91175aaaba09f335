using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Check;

/// <summary>How one run of the kit went.</summary>
/// <param name="End">The way it ended.</param>
/// <param name="Reply">The answer of the host, if it gave one.</param>
/// <param name="Took">From its start, or from the request to stop, to its end.</param>
/// <param name="Regressions">How often its progress fell.</param>
/// <param name="PrintedBytes">What it printed on standard output.</param>
/// <param name="Exit">How the process ended, if it died.</param>
internal sealed record Trial(TrialEnd End, FinishedReply? Reply, TimeSpan Took, uint Regressions, long PrintedBytes, string Exit);
