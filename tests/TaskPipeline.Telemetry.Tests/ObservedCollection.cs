namespace TaskPipeline.Telemetry.Tests;

/// <summary>All tests share one run: what each looks at belongs to its own tasks.</summary>
[CollectionDefinition(Name)]
public sealed class ObservedCollection : ICollectionFixture<ObservedTopology>
{
    public const string Name = "observed";
}
