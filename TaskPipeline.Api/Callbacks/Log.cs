using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Callbacks;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A report cannot be understood: {Reason}")]
    public static partial void ReportInvalid(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Report} could not be applied; its worker repeats it")]
    public static partial void ReportFailed(ILogger logger, Exception exception, string report);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} announced {Slots} slots and {Count} algorithms")]
    public static partial void WorkerAnnounced(ILogger logger, string worker, int slots, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId} was not in the store any more; it is rebuilt from its message")]
    public static partial void Rebuilt(ILogger logger, TaskId taskId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId} is not in the store and its message is older than the retention; it is dropped")]
    public static partial void RebuildRefused(ILogger logger, TaskId taskId);
}
