namespace TaskPipeline.NativeHost.Protocol;

/// <summary>What the status page said of a task at one moment.</summary>
/// <param name="ProgressCalls">How often it reported progress: a number that stands still means that the task does.</param>
/// <param name="Percent">0 to 100.</param>
/// <param name="Stage">What it said it was doing; null when nothing.</param>
internal readonly record struct StatusSample(ulong ProgressCalls, int Percent, string? Stage);
