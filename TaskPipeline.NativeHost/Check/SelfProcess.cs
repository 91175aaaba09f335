using System.Diagnostics;

namespace TaskPipeline.NativeHost.Check;

/// <summary>Starts this program once more: the kit runs a library where workers run it, in a process that may die.</summary>
internal static class SelfProcess
{
    /// <summary>Starts it with all three standard streams redirected.</summary>
    public static Process Start(params ReadOnlySpan<string> arguments)
    {
        var self = Environment.ProcessPath ?? throw new IOException("The path of this program is unknown.");
        var start = new ProcessStartInfo(self)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "TaskPipeline.NativeHost.dll"));
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new IOException("This program could not be started again.");
    }

    /// <summary>An exit code in words; above 128 it is how .NET shows a signal.</summary>
    public static string Describe(int exitCode) => exitCode > 128
        ? $"exit code {exitCode}, as after signal {exitCode - 128}{SignalName(exitCode - 128)}"
        : $"exit code {exitCode}";

    private static string SignalName(int signal) => signal switch
    {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    };
}
