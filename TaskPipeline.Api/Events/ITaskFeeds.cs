using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>
/// Follows tasks, on every replica, for whoever waits for their next state. All readers of one task on this replica share one
/// subscription and one read for each change. Thread safe.
/// </summary>
public interface ITaskFeeds
{
    /// <summary>Joins those who follow a task, with the task as it is now; null when there is no such task. Dispose to leave.</summary>
    /// <param name="id">The task.</param>
    /// <param name="interest">What the reader wants to be told. While nobody wants more than the end, nothing else is looked at.</param>
    /// <param name="cancellationToken">Gives up waiting for the first state.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<ITaskFeedReader?> OpenAsync(TaskId id, FeedInterest interest, CancellationToken cancellationToken);
}

/// <summary>What a reader of a task wants to be told.</summary>
public enum FeedInterest
{
    /// <summary>Every state, and where the task stands in its line while it is pending.</summary>
    States,

    /// <summary>The last state; of those before, the reader may be told some or none, and of the line nothing.</summary>
    End,
}

/// <summary>One reader of a task. It sees the newest state and may skip states between; so it never holds more than one. For one caller at a time.</summary>
public interface ITaskFeedReader : IAsyncDisposable
{
    /// <summary>The newest state that was taken.</summary>
    TaskSnapshot Current { get; }

    /// <summary>
    /// Takes the next state. True when there is one; false when the time is over, when <paramref name="cancellationToken"/> is
    /// cancelled, or when none will ever follow because the task has ended or is gone (<see cref="IsOver"/>).
    /// </summary>
    Task<bool> NextAsync(TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Whether no state will follow the current one.</summary>
    bool IsOver { get; }
}
