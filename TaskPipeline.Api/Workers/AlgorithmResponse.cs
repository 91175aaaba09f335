using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Workers;

/// <summary>An algorithm as clients see it.</summary>
internal sealed record AlgorithmResponse(string Name, string Version, string Description, double? DefaultTimeoutSeconds)
{
    public static AlgorithmResponse From(AlgorithmDescription algorithm) =>
        new(algorithm.Name, algorithm.Version, algorithm.Description, algorithm.DefaultTimeoutSeconds);
}

/// <summary>A worker as clients see it.</summary>
internal sealed record WorkerResponse(
    string Id, int Slots, int Busy, IReadOnlyList<string> Algorithms, IReadOnlyList<string> Problems, DateTimeOffset LastSeenAt)
{
    public static WorkerResponse From(WorkerRecord worker) =>
        new(worker.Id, worker.Slots, worker.Busy, worker.Algorithms, worker.Problems, worker.LastSeenAt);
}
