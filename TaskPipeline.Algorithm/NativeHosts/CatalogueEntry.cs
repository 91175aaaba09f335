using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>An algorithm that this worker can run.</summary>
/// <param name="Description">What is announced of it.</param>
/// <param name="LibraryPath">The library that has it.</param>
/// <param name="MaxConcurrent">At most so many at a time here; 0 for no such limit.</param>
/// <param name="MemoryLimitBytes">Its own limit; 0 for the worker's.</param>
/// <param name="CpuLimitSeconds">Its own limit; 0 for the worker's.</param>
internal sealed record CatalogueEntry(
    AlgorithmDescription Description, string LibraryPath, int MaxConcurrent, long MemoryLimitBytes, double CpuLimitSeconds);
