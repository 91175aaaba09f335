using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "A reader of task {TaskId} has gone, or did not take its events and was dropped")]
    public static partial void ReaderDropped(ILogger logger, TaskId taskId);
}
