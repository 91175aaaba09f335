using TaskPipeline.Api.Lanes;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// What the replicas know together about the lanes: how long the lines are, what they were asked for, how long runs and waits
/// took. Written in batches, about once a second, never for one task. Thread safe; throws as <see cref="ITaskStore"/> does.
/// </summary>
internal interface ILaneStore
{
    /// <summary>The lines as they are now.</summary>
    Task<LaneLines> GetLinesAsync(CancellationToken cancellationToken);

    /// <summary>The tallies of windows, by lane; null for a window without any.</summary>
    /// <param name="windows">The numbers of the windows.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<LaneTally[]?>> GetWindowsAsync(IReadOnlyList<long> windows, CancellationToken cancellationToken);

    /// <summary>How the waits of each lane compared with what was expected.</summary>
    Task<IReadOnlyList<WaitCalibration>> GetWaitsAsync(CancellationToken cancellationToken);

    /// <summary>How long runs of one class took.</summary>
    Task<RunTimeHistogram> GetRunTimesAsync(string algorithm, string runClass, CancellationToken cancellationToken);

    /// <summary>The places of tasks in their lines, 1 for the next; null for one that does not stand there. With several shards an estimate: the place in the task's own, as if the others were alike.</summary>
    Task<IReadOnlyList<long?>> GetPlacesAsync(IReadOnlyList<(TaskId Id, Lane Lane)> tasks, CancellationToken cancellationToken);

    /// <summary>Adds to a window.</summary>
    Task AddAsync(long window, LaneTally[] tallies, CancellationToken cancellationToken);

    /// <summary>Adds run times of one class: how many runs, by bin.</summary>
    Task AddRunTimesAsync(string algorithm, string runClass, IReadOnlyDictionary<int, int> runs, CancellationToken cancellationToken);

    /// <summary>Adds waits of one lane and octave: how many, by ratio.</summary>
    Task AddWaitsAsync(Lane lane, int octave, IReadOnlyDictionary<int, int> waits, CancellationToken cancellationToken);

    /// <summary>Stores the reserve of the fleet.</summary>
    Task SetReserveAsync(int reserve, CancellationToken cancellationToken);

    /// <summary>Lets the first of those that are held back be published until so many are queued, an equal part of them in each shard. Returns how many were let go.</summary>
    Task<int> LetGoAsync(Lane lane, long until, CancellationToken cancellationToken);
}

/// <summary>All lines at one moment.</summary>
/// <param name="Now">When, by the clock of the store.</param>
/// <param name="MeasuredSince">Since when lanes are measured; null when nothing has been measured yet.</param>
/// <param name="Reserve">The reserve of the fleet as it was computed last.</param>
/// <param name="Lanes">The lines, in the order of <see cref="Lane"/>.</param>
internal sealed record LaneLines(DateTimeOffset Now, DateTimeOffset? MeasuredSince, int Reserve, IReadOnlyList<LaneLine> Lanes);

/// <summary>One line.</summary>
/// <param name="Queued">Tasks that are queued in the broker, or about to be.</param>
/// <param name="Held">Tasks that are held back because their client has its share.</param>
/// <param name="Running">Tasks that run.</param>
/// <param name="OldestSince">Since when the oldest has been queued; null for an empty line.</param>
internal sealed record LaneLine(long Queued, long Held, long Running, DateTimeOffset? OldestSince)
{
    public static readonly LaneLine Empty = new(Queued: 0, Held: 0, Running: 0, OldestSince: null);

    /// <summary>All that wait.</summary>
    public long Depth => Queued + Held;

    /// <summary>Two parts of a line together.</summary>
    public static LaneLine operator +(LaneLine one, LaneLine other) => new(
        one.Queued + other.Queued, one.Held + other.Held, one.Running + other.Running,
        one.OldestSince < other.OldestSince ? one.OldestSince : other.OldestSince ?? one.OldestSince);
}
