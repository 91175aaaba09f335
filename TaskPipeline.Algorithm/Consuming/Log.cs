namespace TaskPipeline.Algorithm.Consuming;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Consuming")]
    public static partial void Consuming(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker cannot be reached: {Reason}")]
    public static partial void Disconnected(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message cannot be read and is moved to the unreadable queue: {Reason}")]
    public static partial void Unreadable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A delivery could not be acknowledged: {Reason}")]
    public static partial void NotAcknowledged(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Waiting for the API to declare {Count} queues")]
    public static partial void QueuesMissing(ILogger logger, int count);
}
