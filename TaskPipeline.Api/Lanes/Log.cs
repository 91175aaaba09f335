namespace TaskPipeline.Api.Lanes;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The lanes cannot be kept: {Reason}")]
    public static partial void LanesUnavailable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A beat of the lanes failed; the next one follows")]
    public static partial void BeatFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The run times of {Algorithm} could not be read: {Reason}")]
    public static partial void RunTimesUnread(ILogger logger, string algorithm, string reason);
}
