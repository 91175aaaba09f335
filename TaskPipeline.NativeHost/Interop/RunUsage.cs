namespace TaskPipeline.NativeHost.Interop;

/// <summary>What one run used.</summary>
/// <param name="CpuSeconds">Its processor time, with that of its children that have ended.</param>
/// <param name="TotalCpuSeconds">The same since the start of the process.</param>
/// <param name="PeakBytes">The largest resident size during the run, of the process or of a child that ended in it, whichever is larger.</param>
/// <param name="ResidentBytes">The resident size now.</param>
internal readonly record struct RunUsage(double CpuSeconds, double TotalCpuSeconds, ulong PeakBytes, ulong ResidentBytes);
