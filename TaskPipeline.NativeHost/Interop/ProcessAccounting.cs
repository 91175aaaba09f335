using System.Buffers.Text;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>What the kernel says this process used. Linux only; elsewhere every answer is 0.</summary>
internal sealed unsafe class ProcessAccounting
{
    private const ulong TolerableError = 1024 * 1024;

    private readonly ulong _pageBytes = (ulong)Environment.SystemPageSize;
    private readonly bool _peakFromRusage;
    private long _childrenPeakKilobytes;

    public ProcessAccounting()
    {
        // A process that was started from a large one inherits that one's peak in ru_maxrss, where nothing resets it. Then the peak is read from a file, which is slower.
        ResetPeak();
        _peakFromRusage = (ulong)Usage(Libc.RUSAGE_SELF).ru_maxrss * 1024 <= MemoryBytes() + TolerableError;
    }

    /// <summary>Processor time of the process since its start.</summary>
    public static double OwnCpuSeconds() => Usage(Libc.RUSAGE_SELF).CpuSeconds;

    /// <summary>Processor time of the process and of its children that have ended and were waited for, since its start.</summary>
    public static double TotalCpuSeconds() => Usage(Libc.RUSAGE_SELF).CpuSeconds + Usage(Libc.RUSAGE_CHILDREN).CpuSeconds;

    /// <summary>The peak starts anew from the present size.</summary>
    public void ResetPeak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _childrenPeakKilobytes = Usage(Libc.RUSAGE_CHILDREN).ru_maxrss;
        var file = Libc.open("/proc/self/clear_refs", Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (file >= 0)
        {
            _ = DescriptorStream.TryWrite(file, "5"u8);
            _ = Libc.close(file);
        }
    }

    /// <summary>The largest resident size since <see cref="ResetPeak"/>, of the process or of a child that ended since, whichever is larger.</summary>
    public ulong PeakMemoryBytes()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var own = _peakFromRusage ? (ulong)Usage(Libc.RUSAGE_SELF).ru_maxrss * 1024 : PeakFromStatus();
        var children = Usage(Libc.RUSAGE_CHILDREN).ru_maxrss;
        return children > _childrenPeakKilobytes ? Math.Max(own, (ulong)children * 1024) : own;
    }

    /// <summary>The resident size now.</summary>
    public ulong MemoryBytes() => Sizes().Resident;

    /// <summary>
    /// The data that the process has reserved without using it, such as the heap of the runtime: a limit on data that shall bound what a
    /// run uses has to leave it out.
    /// </summary>
    public ulong UnusedDataBytes()
    {
        var (resident, data) = Sizes();
        return data > resident ? data - resident : 0;
    }

    private (ulong Resident, ulong Data) Sizes()
    {
        // 4711 1234 567 8 0 910 0: pages in all, resident, shared, text, library, data and stack, dirty.
        const int ResidentField = 1;
        const int DataField = 5;
        Span<byte> buffer = stackalloc byte[128];
        var text = ReadFile("/proc/self/statm", buffer);
        var (resident, data) = (0UL, 0UL);
        for (var field = 0; field <= DataField && Utf8Parser.TryParse(text, out ulong pages, out var digits); field++)
        {
            resident = field == ResidentField ? pages : resident;
            data = pages;
            text = text[Math.Min(digits + 1, text.Length)..];
        }

        return (resident * _pageBytes, data * _pageBytes);
    }

    private static ulong PeakFromStatus()
    {
        // VmHWM:	    3456 kB
        Span<byte> buffer = stackalloc byte[4096];
        var text = ReadFile("/proc/self/status", buffer);
        var start = text.IndexOf("VmHWM:"u8);
        if (start < 0)
        {
            return 0;
        }

        var number = text[(start + "VmHWM:"u8.Length)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(number, out ulong kilobytes, out _) ? kilobytes * 1024 : 0;
    }

    private static ReadOnlySpan<byte> ReadFile(string path, Span<byte> buffer)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var file = Libc.open(path, Libc.O_CLOEXEC, 0);
        if (file < 0)
        {
            return [];
        }

        fixed (byte* start = buffer)
        {
            var count = Libc.read(file, start, buffer.Length);
            _ = Libc.close(file);
            return buffer[..(int)Math.Max(count, 0)];
        }
    }

    private static Libc.RUsage Usage(int who)
    {
        Libc.RUsage usage = default;
        if (OperatingSystem.IsLinux())
        {
            _ = Libc.getrusage(who, &usage);
        }

        return usage;
    }
}
