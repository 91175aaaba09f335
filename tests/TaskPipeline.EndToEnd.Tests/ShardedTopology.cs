using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests;

/// <summary>A run with four shards and four queues for each lane; its workers have fewer slots than that.</summary>
public sealed class ShardedTopology : RunningTopology
{
    public const int Shards = 4;

    internal override LauncherOptions Options => new() { Apis = 2, Workers = 2, Slots = 2, Shards = Shards, Faults = true };
}
