namespace TaskPipeline.Algorithm.Callbacks;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The API cannot be reached: {Reason}; reports are kept and repeated")]
    public static partial void ApiUnreachable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The API is reached again")]
    public static partial void ApiReached(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} announced with {Slots} slots and {Count} algorithms")]
    public static partial void Announced(ILogger logger, string worker, int slots, int count);
}
