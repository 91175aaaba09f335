namespace TaskPipeline.NativeHost.Check;

/// <summary>What <c>describe</c> said about one algorithm, as far as the kit needs it.</summary>
internal sealed record DescribedAlgorithm(string Name, string Version);
