using TaskPipeline.NativeHost;
using TaskPipeline.NativeHost.Check;
using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

const string Usage = """
    usage: TaskPipeline.NativeHost run --library DIR_OR_FILE [--library …] --page PATH [--request-fd 3] [--reply-fd 4] [--lifeline stdin]
           TaskPipeline.NativeHost describe --library FILE [--lifeline stdin]
           TaskPipeline.NativeHost check LIBRARY [--only NAME …] [--input NAME=JSON …] [--runs 20] [--timeout SECONDS]
    """;

try
{
    return args switch
    {
        ["run", ..] => RunCommand.Run(args.AsSpan(1)),
        ["describe", ..] => DescribeCommand.Run(args.AsSpan(1)),
        ["check", ..] => await CheckCommand.RunAsync(args[1..]).ConfigureAwait(false),
        [] => throw new UsageException("A command is needed."),
        _ => throw new UsageException($"Unknown command {args[0]}."),
    };
}
catch (UsageException exception)
{
    return Fail($"{exception.Message}\n{Usage}", ExitCodes.Usage);
}
catch (HostProtocolException exception)
{
    return Fail(exception.Message, ExitCodes.Protocol);
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    return Fail(exception.Message, ExitCodes.Channel);
}

// Not through Console: it would install signal handlers.
static int Fail(string message, int exitCode)
{
    StandardStreams.WriteError(message);
    return exitCode;
}
