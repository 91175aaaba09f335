using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Publishing;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the broker")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker cannot be reached: {Reason}")]
    public static partial void Disconnected(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker takes no messages now: {Reason}")]
    public static partial void Blocked(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The broker takes messages again")]
    public static partial void Unblocked(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queues of the lanes could not be looked at; they are looked at again")]
    public static partial void LaneWatchFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queue {Queue} had to be declared anew; {Count} pending tasks of it are published again")]
    public static partial void QueueRepublished(ILogger logger, string queue, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Queue {Queue} has nothing ready; {Count} pending tasks of it are published again")]
    public static partial void QueuePurged(ILogger logger, string queue, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The topology could not be declared again: {Reason}")]
    public static partial void RedeclareFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Task {TaskId} dispatch {Dispatch} is not confirmed yet: {Reason}")]
    public static partial void DispatchUnconfirmed(ILogger logger, TaskId taskId, int dispatch, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} confirms of the broker could not be noted; their tasks are published again: {Reason}")]
    public static partial void ConfirmsNotNoted(ILogger logger, int count, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId} dispatch {Dispatch} could not be published: {Reason}")]
    public static partial void PublishFailed(ILogger logger, TaskId taskId, int dispatch, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cancellation of task {TaskId} could not be broadcast; the next verdict carries it: {Reason}")]
    public static partial void BroadcastFailed(ILogger logger, TaskId taskId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker gave dispatch {Dispatch} of task {TaskId} up")]
    public static partial void DeadLettered(ILogger logger, TaskId taskId, int dispatch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A dead letter cannot be read and is moved to the unreadable queue: {Reason}")]
    public static partial void DeadLetterUnreadable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A dead letter could not be served; it is served again after a reconnect")]
    public static partial void DeadLetterFailed(ILogger logger, Exception exception);
}
