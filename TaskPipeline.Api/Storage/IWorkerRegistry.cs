using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Storage;

/// <summary>The workers that announced themselves and the algorithms they brought. Thread safe; throws as <see cref="ITaskStore"/> does.</summary>
public interface IWorkerRegistry
{
    /// <summary>Stores an announcement; the worker is then listed until it is silent for 15 s.</summary>
    Task AnnounceAsync(AnnounceReport report, CancellationToken cancellationToken);

    /// <summary>Notes a sign of life, or removes a draining worker. False when the worker is not known and must announce itself.</summary>
    Task<bool> BeatAsync(HeartbeatReport report, CancellationToken cancellationToken);

    /// <summary>The workers that are alive, by id.</summary>
    Task<IReadOnlyList<WorkerRecord>> GetWorkersAsync(CancellationToken cancellationToken);

    /// <summary>Every algorithm that a worker ever announced (forgotten 30 days after the last announcement), by name.</summary>
    Task<IReadOnlyList<AlgorithmDescription>> GetAlgorithmsAsync(CancellationToken cancellationToken);

    /// <summary>One algorithm; null when no worker ever announced it.</summary>
    Task<AlgorithmDescription?> FindAlgorithmAsync(string name, CancellationToken cancellationToken);
}

/// <summary>A worker that is alive.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Slots">How many tasks it runs at a time.</param>
/// <param name="Busy">How many it runs now.</param>
/// <param name="Algorithms">The names of what it can run.</param>
/// <param name="Problems">What is wrong with it.</param>
/// <param name="LastSeenAt">When it was heard last.</param>
public sealed record WorkerRecord(string Id, int Slots, int Busy, IReadOnlyList<string> Algorithms, IReadOnlyList<string> Problems, DateTimeOffset LastSeenAt)
{
    /// <summary>How many of the busy slots are on the slow account.</summary>
    public int SlowBusy { get; init; }

    /// <summary>The deliveries that wait in it, by lane in the order of <see cref="Lane"/>; empty when none does.</summary>
    public IReadOnlyList<int> Waiting { get; init; } = [];
}
