using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>The broker, as the API sees it. Thread safe.</summary>
public interface ITaskQueue
{
    /// <summary>Whether there is a connection, and the broker takes messages: one that is short of memory or disk does not.</summary>
    bool IsAvailable { get; }

    /// <summary>Publishes a dispatch, persistent and mandatory. Returns true when the broker has confirmed it; false, without an exception, when it did not and the timer must try again.</summary>
    Task<bool> PublishAsync(TaskMessage message, CancellationToken cancellationToken);

    /// <summary>Broadcasts a cancellation to every worker; best effort within a second, never throws for a broker that is away.</summary>
    Task BroadcastCancelAsync(TaskId id, CancellationToken cancellationToken);
}
