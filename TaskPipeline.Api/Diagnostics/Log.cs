namespace TaskPipeline.Api.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The number of unpublished tasks cannot be looked up; the last one stands")]
    public static partial void BacklogUnknown(ILogger logger, Exception exception);
}
