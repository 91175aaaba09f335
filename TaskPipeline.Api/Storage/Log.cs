namespace TaskPipeline.Api.Storage;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "{Problem}")]
    public static partial void LayoutRefused(ILogger logger, string problem);
}
