using System.Runtime.InteropServices;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// Folder and limits of one run. The limits are soft and lifted after the run, so that the host itself always has room to answer.
/// Limits exist on Linux only; the folder everywhere but on Windows.
/// </summary>
internal sealed unsafe class RunEnvironment
{
    private const int CpuSeconds = 0;
    private const int FileSize = 1;
    private const int Data = 2;
    private const int CoreSize = 4;
    private const int OpenFiles = 7;

    // The hard limits: what "no limit" is here.
    private readonly Dictionary<int, ulong> _ceilings = [];

    /// <summary>Reads the ceilings and forbids core files for good.</summary>
    public RunEnvironment()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (var resource in (ReadOnlySpan<int>)[CpuSeconds, FileSize, Data, OpenFiles])
        {
            Libc.RLimit limit;
            _ceilings[resource] = Libc.getrlimit(resource, &limit) == 0 ? limit.rlim_max : Libc.RLimit.Infinity;
        }

        var none = default(Libc.RLimit);
        _ = Libc.setrlimit(CoreSize, &none);
    }

    /// <summary>Enters the folder and sets the limits.</summary>
    /// <param name="request">The run.</param>
    /// <param name="usedCpuSeconds">What the process has used so far; the allowance comes on top.</param>
    /// <param name="unusedDataBytes">What the process has reserved and not used; the allowance comes on top.</param>
    /// <exception cref="IOException">One of them could not be set.</exception>
    public void Enter(RunRequest request, double usedCpuSeconds, ulong unusedDataBytes)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (request.ScratchDirectory.Length > 0)
        {
            // Environment.SetEnvironmentVariable changes a copy of the runtime's own that C code never sees.
            Check(Libc.setenv("TMPDIR", request.ScratchDirectory, 1), "set TMPDIR");
            Check(Libc.chdir(request.ScratchDirectory), "enter the scratch folder");
        }

        Limit(Data, request.MemoryLimitBytes > 0 ? request.MemoryLimitBytes + unusedDataBytes : 0);
        Limit(FileSize, request.FileSizeLimitBytes);
        Limit(OpenFiles, request.OpenFilesLimit);
        if (request.CpuLimitSeconds > 0)
        {
            // The system counts whole seconds: the run gets up to one more, never less.
            Limit(CpuSeconds, (ulong)Math.Min(Math.Ceiling(usedCpuSeconds + request.CpuLimitSeconds), long.MaxValue));
        }
    }

    /// <summary>Lifts the limits again.</summary>
    public void Leave(RunRequest request)
    {
        Lift(Data, request.MemoryLimitBytes > 0);
        Lift(FileSize, request.FileSizeLimitBytes > 0);
        Lift(OpenFiles, request.OpenFilesLimit > 0);
        Lift(CpuSeconds, request.CpuLimitSeconds > 0);
    }

    private void Limit(int resource, ulong value)
    {
        if (value > 0 && OperatingSystem.IsLinux())
        {
            var ceiling = _ceilings[resource];
            var limit = new Libc.RLimit { rlim_cur = Math.Min(value, ceiling), rlim_max = ceiling };
            Check(Libc.setrlimit(resource, &limit), $"set limit {resource}");
        }
    }

    private void Lift(int resource, bool wasSet)
    {
        if (wasSet && OperatingSystem.IsLinux())
        {
            var limit = new Libc.RLimit { rlim_cur = _ceilings[resource], rlim_max = _ceilings[resource] };
            _ = Libc.setrlimit(resource, &limit);
        }
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new IOException($"Cannot {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }
    }
}
