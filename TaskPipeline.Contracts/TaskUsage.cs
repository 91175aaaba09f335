namespace TaskPipeline.Contracts;

/// <summary>What an attempt consumed, from the kernel's accounting where the platform has it.</summary>
/// <param name="WallSeconds">From handing the task to its host until its end was known, in seconds.</param>
/// <param name="CpuSeconds">User and system time of the host and its reaped children, in seconds.</param>
/// <param name="PeakMemoryBytes">The largest resident set during the attempt; null where the platform cannot tell.</param>
public sealed record TaskUsage(double WallSeconds, double? CpuSeconds, long? PeakMemoryBytes);
