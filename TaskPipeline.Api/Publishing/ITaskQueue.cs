using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>The broker, as the API sees it. Thread safe.</summary>
public interface ITaskQueue
{
    /// <summary>Whether a connection is open now.</summary>
    bool IsConnected { get; }

    /// <summary>Publishes a dispatch, persistent and mandatory. Returns true when the broker has confirmed it; false, without an exception, when it did not and the timer must try again.</summary>
    Task<bool> PublishAsync(TaskMessage message, CancellationToken cancellationToken);

    /// <summary>Broadcasts a cancellation to every worker; best effort, never throws for a broker that is away.</summary>
    Task BroadcastCancelAsync(TaskId id, CancellationToken cancellationToken);
}
