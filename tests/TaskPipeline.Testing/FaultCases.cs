using Xunit;

namespace TaskPipeline.Testing;

/// <summary>Every fault of the library and every way in which it can be asked for: the table that runner, pipeline and manual are held against.</summary>
public static class FaultCases
{
    /// <summary>Takes the place of a file in an input.</summary>
    public const string File = "FILE";

    /// <summary>The limits of a task under which the table holds, by option of <c>NativeHosts</c>: tight, so that reaching them is quick.</summary>
    public static IReadOnlyDictionary<string, long> Limits { get; } = new Dictionary<string, long>
    {
        ["MemoryLimitBytes"] = 128L << 20,
        ["CpuLimitSeconds"] = 2,
        ["ScratchLimitBytes"] = 64L << 20,
        ["OpenFilesLimit"] = 64,
    };

    /// <summary>The table.</summary>
    public static IReadOnlyList<FaultCase> All { get; } =
    [
        Crash("fault.segfault", "{}", "SIGSEGV"),
        Crash("fault.abort", "{}", "SIGABRT"),
        Crash("fault.fpe", "{}", "SIGFPE"),
        Crash("fault.stack-overflow", "{}", "SIGSEGV"),
        Crash("fault.double-free", "{}", "SIGABRT"),
        Exit("fault.exit", """{"code":3}""", 3),
        Exit("fault.exit", """{"code":0}""", 0),

        // What a shell shows for a segmentation fault, and is none.
        Exit("fault.exit", """{"code":139}""", 139),
        Crash("fault.random", """{"probability":1,"seed":1}""", "SIGABRT"),
        Completed("fault.random", """{"probability":0}"""),
        Exit("fault.close-fds", "{}", 74) with { Says = "channel was closed" },
        Crash("fault.channel", "{}", "SIGKILL") with { Says = "broke the channel of its host" },
        Crash("fault.channel", """{"forged":true}""", "SIGKILL") with { Says = "An answer that its host did not give" },
        Crash("fault.hog", "{}", "SIGABRT") with { Limit = "memory" },
        Crash("fault.hog-declared", "{}", "SIGABRT") with { Limit = "memory" },
        Completed("fault.hog", """{"megabytes":32}"""),
        Crash("fault.cpu", "{}", "SIGXCPU") with { Limit = "cpu" },
        Crash("fault.cpu-declared", "{}", "SIGXCPU") with { Limit = "cpu" },
        Crash("fault.scratch", """{"megabytes":65}""", "SIGXFSZ") with { Limit = "scratch" },
        Crash("fault.scratch", """{"megabytes":40,"files":2,"hold":60}""", "SIGKILL") with { Limit = "scratch", Says = "filled its scratch folder beyond 67108864 bytes" },
        TimedOut("fault.loop", "{}"),
        TimedOut("fault.deaf", "{}"),
        TimedOut("fault.stall", "{}"),
        TimedOut("fault.fork", """{"hold":60}"""),
        Completed("fault.fork", "{}"),
        Error("fault.error", "{}", "error", "it was asked to fail"),
        Error("fault.error", """{"retryable":true}""", "error", "it was asked to fail"),
        Error("fault.no-start", "{}", "error", "the model is missing"),
        Error("fault.big-result", "{}", "rejected", "larger than 262144 bytes"),
        Error("fault.bad-json", "{}", "rejected", "is not JSON"),
        Error("fault.files", """{"fail":true}""", "error", "Too many open files"),
        Completed("fault.files", "{}"),
        Completed("fault.files", """{"keep":16}"""),
        Completed("fault.backwards", "{}"),
        Completed("fault.garbage", "{}"),
        Completed("fault.flood", """{"megabytes":50}"""),
        Completed("fault.leak", "{}"),
        Completed("fault.slow-start", "{}"),
        Completed("fault.print-environment", "{}"),
        Completed("fault.exclusive", "{}"),
        Completed("fault.lifetime", """{"file":"notes.txt"}"""),
        Completed("fault.neighbour", $$"""{"file":"{{File}}"}"""),
    ];

    /// <summary>The names of all cases, for theories.</summary>
    public static TheoryData<string> Names => [.. All.Select(one => one.Name)];

    /// <summary>The case of that name.</summary>
    public static FaultCase Get(string name) => All.Single(one => one.Name == name);

    private static FaultCase Completed(string algorithm, string input) => new(algorithm, input, "completed");

    private static FaultCase Crash(string algorithm, string input, string signal) =>
        new(algorithm, input, "failed") { Kind = "crash", Signal = signal, Says = $"was ended by {signal}" };

    private static FaultCase Exit(string algorithm, string input, int code) =>
        new(algorithm, input, "failed") { Kind = "crash", ExitCode = code, Says = $"ended with exit code {code}" };

    private static FaultCase Error(string algorithm, string input, string kind, string says) => new(algorithm, input, "failed") { Kind = kind, Says = says };

    private static FaultCase TimedOut(string algorithm, string input) =>
        new(algorithm, input, "timed_out") { Kind = "timeout", Says = "It took longer than 0.5 seconds" };
}
