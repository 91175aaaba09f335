namespace TaskPipeline.NativeHost.Interop;

/// <summary>Sees what native code leaves open from run to run. Two system calls for each look. Linux only; elsewhere nothing is seen.</summary>
internal sealed class OpenDescriptors
{
    /// <summary>Of what a task may have open: a library may keep some for good reasons, devices for example, and the next task shall have most of it.</summary>
    private const int TolerableShare = 4;

    private const int StandardOutput = 1;

    private readonly int _lowestFreeAtStart = LowestFree();

    /// <summary>Whether so many more are open than when this was made that a quarter of the limit is taken.</summary>
    /// <param name="limit">How many a task may have open; 0: no such limit, and no answer but false.</param>
    public bool AreLeftBehind(uint limit)
    {
        if (limit == 0 || !OperatingSystem.IsLinux())
        {
            return false;
        }

        // Negative: not even the host, which has no such limit, can open one.
        var lowestFree = LowestFree();
        return lowestFree < 0 || lowestFree - _lowestFreeAtStart >= limit / TolerableShare;
    }

    // What the next file would get: the number that the system compares with the limit.
    private static int LowestFree()
    {
        if (!OperatingSystem.IsLinux())
        {
            return -1;
        }

        var descriptor = Libc.fcntl(StandardOutput, Libc.F_DUPFD_CLOEXEC, 0);
        if (descriptor >= 0)
        {
            _ = Libc.close(descriptor);
        }

        return descriptor;
    }
}
