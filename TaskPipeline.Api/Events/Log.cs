using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "A reader of task {TaskId} does not take its events and was dropped")]
    public static partial void SlowReaderDropped(ILogger logger, TaskId taskId);
}
