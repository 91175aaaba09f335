namespace TaskPipeline.Algorithm.NativeHosts;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} algorithms found, {Problems} problems")]
    public static partial void CatalogueLoaded(ILogger logger, int count, int problems);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A library is skipped: {Problem}")]
    public static partial void LibrarySkipped(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A host could not be started: {Reason}")]
    public static partial void HostStartFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Host {HostPid} is replaced: {Reason}")]
    public static partial void HostRetired(ILogger logger, int hostPid, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no guard: hosts run without limits, without accounting and without a sweep of what they leave behind")]
    public static partial void NoGuard(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "What a worker that was killed left behind is removed: {Path}")]
    public static partial void FolderSwept(ILogger logger, string path);
}
