namespace TaskPipeline.NativeHost.Interop;

/// <summary>What a library says about one algorithm, checked and copied. Zero means "not said".</summary>
internal sealed record AlgorithmDescriptor
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required string Description { get; init; }

    public required string? CostParameter { get; init; }

    public required uint MaxConcurrent { get; init; }

    public required double DefaultTimeoutSeconds { get; init; }

    public required double ExpectedSeconds { get; init; }

    public required ulong MemoryLimitBytes { get; init; }

    public required double CpuLimitSeconds { get; init; }
}
