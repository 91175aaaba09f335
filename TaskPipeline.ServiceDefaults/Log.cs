using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.Hosting;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "An option is wrong, and the process does not start: {Problem}")]
    public static partial void OptionWrong(ILogger logger, string problem);
}
