namespace TaskPipeline.NativeHost.Interop;

/// <summary>Makes the process one in which native code meets what it would meet in a plain C program.</summary>
internal static unsafe class ProcessSetup
{
    private const int LastClassicSignal = 31;
    private const int SignalSetBytes = 128;

    /// <summary>
    /// Gives every classic signal its default effect and blocks none, so that a fault ends the process with the signal of that fault: the
    /// runtime's handlers would turn a stack overflow into SIGABRT and catch SIGTERM. The price: a null reference in our own code is a crash,
    /// not an exception. SIGPIPE stays ignored, as in every .NET process; the runtime's own real-time signal stays as it is.
    /// </summary>
    public static void RestoreSignals()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        for (var number = 1; number <= LastClassicSignal; number++)
        {
            if (number != Libc.SIGPIPE)
            {
                _ = Libc.signal(number, 0);
            }
        }

        if (OperatingSystem.IsLinux())
        {
            var none = stackalloc byte[SignalSetBytes];
            new Span<byte>(none, SignalSetBytes).Clear();
            _ = Libc.pthread_sigmask(Libc.SIG_SETMASK, none, null);
        }
    }

    /// <summary>Processes that native code leaves behind become children of the host, where it can see them. The guard sets it too; without a guard this is the only place.</summary>
    public static void AdoptOrphans()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        }
    }

    /// <summary>Keeps a descriptor out of programs that native code starts: they would hold the channel open after the host is gone.</summary>
    public static void KeepFromPrograms(int descriptor)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Libc.fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        }
    }
}
