using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Timers;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Timers cannot be served: {Reason}")]
    public static partial void TimersUnavailable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Timers are served again")]
    public static partial void TimersServed(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "A round of timers failed; they are served again")]
    public static partial void RoundFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Task {TaskId} could not be served by its timer; it is served again in some seconds")]
    public static partial void TimerFailed(ILogger logger, Exception exception, TaskId taskId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId} attempt {Attempt} was lost with worker {Worker}")]
    public static partial void AttemptLost(ILogger logger, TaskId taskId, int attempt, string? worker);
}
