using TaskPipeline.AppHost.Launcher;

try
{
    var options = LauncherOptions.Parse(args);
    if (options.Help)
    {
        Console.WriteLine(LauncherOptions.Usage);
        return 0;
    }

    return await LocalRun.RunAsync(options, Console.Out);
}
catch (UsageException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}{Environment.NewLine}{LauncherOptions.Usage}");
    return 2;
}
catch (LaunchException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
