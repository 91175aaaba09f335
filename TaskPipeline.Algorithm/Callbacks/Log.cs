namespace TaskPipeline.Algorithm.Callbacks;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The API cannot be reached: {Reason}; reports are kept and repeated")]
    public static partial void ApiUnreachable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The API is reached again")]
    public static partial void ApiReached(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} announced with {Slots} slots and {Count} algorithms")]
    public static partial void Announced(ILogger logger, string worker, int slots, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The API refuses to read a report of {Bytes} bytes, which is dropped: {Reason}")]
    public static partial void ReportRefused(ILogger logger, int bytes, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The API has lost task {TaskId} while attempt {Attempt} runs; the message is sent along to rebuild it")]
    public static partial void RecordLost(ILogger logger, Contracts.TaskId taskId, int attempt);
}
