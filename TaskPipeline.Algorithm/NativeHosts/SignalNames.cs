using System.Globalization;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>The names of Linux' signals on x86 and Arm (signal(7)).</summary>
internal static class SignalNames
{
    public const int CpuLimit = 24;
    public const int FileSizeLimit = 25;

    private static readonly string[] s_names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    public static string Of(int signal) =>
        signal > 0 && signal < s_names.Length ? s_names[signal] : string.Create(CultureInfo.InvariantCulture, $"SIG{signal}");
}
