using System.Buffers.Text;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>What the kernel says a run used. Each number is asked for once per run. Linux only; elsewhere every answer is 0.</summary>
internal sealed unsafe class ProcessAccounting
{
    private const ulong TolerableError = 1024 * 1024;

    private readonly ulong _pageBytes = (ulong)Environment.SystemPageSize;
    private readonly StatmFile _statm = new();
    private readonly bool _peakFromRusage;

    /// <summary>Resident size, and data and stack, as they were after the run before.</summary>
    private (ulong Resident, ulong Data) _sizes;

    /// <summary>What the peak and the resident size were when the peak began anew.</summary>
    private (long PeakKilobytes, ulong Resident) _reset;
    private Libc.RUsage _ownBefore;
    private Libc.RUsage _childrenBefore;

    public ProcessAccounting()
    {
        _sizes = Sizes();
        ResetPeak();

        // A process that was started from a large one inherits that one's peak in ru_maxrss, where nothing resets it. Then the peak is read from a file, which is slower.
        _peakFromRusage = (ulong)_reset.PeakKilobytes * 1024 <= _sizes.Resident + TolerableError;
    }

    /// <summary>Processor time of the process from its start to the beginning of the run.</summary>
    public double OwnCpuSecondsBefore => _ownBefore.CpuSeconds;

    /// <summary>
    /// The data that the process has reserved without using it, such as the heap of the runtime: a limit on data that shall bound what a
    /// run uses has to leave it out.
    /// </summary>
    public ulong UnusedDataBytes => _sizes.Data > _sizes.Resident ? _sizes.Data - _sizes.Resident : 0;

    /// <summary>Processor time of the process and of its children that have ended and were waited for, since its start.</summary>
    public static double TotalCpuSeconds() => Usage(Libc.RUSAGE_SELF).CpuSeconds + Usage(Libc.RUSAGE_CHILDREN).CpuSeconds;

    /// <summary>What is used from now on is the run's. The peak starts anew from the present size.</summary>
    public void Begin()
    {
        (_ownBefore, _childrenBefore) = (Usage(Libc.RUSAGE_SELF), Usage(Libc.RUSAGE_CHILDREN));

        // A peak that has not risen since it began anew, in a process that has not become smaller, is the present size: the file need not be opened.
        if (!_peakFromRusage || _ownBefore.ru_maxrss != _reset.PeakKilobytes || _sizes.Resident < _reset.Resident)
        {
            ResetPeak();
        }
    }

    /// <summary>What was used since <see cref="Begin"/>. Children count once they were waited for.</summary>
    public RunUsage End()
    {
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }

        var (own, children) = (Usage(Libc.RUSAGE_SELF), Usage(Libc.RUSAGE_CHILDREN));
        _sizes = Sizes();
        var peak = _peakFromRusage ? (ulong)own.ru_maxrss * 1024 : PeakFromStatus();
        if (children.ru_maxrss > _childrenBefore.ru_maxrss)
        {
            peak = Math.Max(peak, (ulong)children.ru_maxrss * 1024);
        }

        var total = own.CpuSeconds + children.CpuSeconds;
        return new RunUsage(Math.Max(total - _ownBefore.CpuSeconds - _childrenBefore.CpuSeconds, 0), total, peak, _sizes.Resident);
    }

    private void ResetPeak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var file = Libc.open("/proc/self/clear_refs", Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (file >= 0)
        {
            _ = DescriptorStream.TryWrite(file, "5"u8);
            _ = Libc.close(file);
        }

        _reset = (Usage(Libc.RUSAGE_SELF).ru_maxrss, _sizes.Resident);
    }

    private (ulong Resident, ulong Data) Sizes()
    {
        // 4711 1234 567 8 0 910 0: pages in all, resident, shared, text, library, data and stack, dirty.
        const int ResidentField = 1;
        const int DataField = 5;
        Span<byte> buffer = stackalloc byte[StatmFile.MaxBytes];
        ReadOnlySpan<byte> text = buffer[.._statm.Read(buffer)];
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
        ReadOnlySpan<byte> text = buffer[..ReadStatus(buffer)];
        var start = text.IndexOf("VmHWM:"u8);
        if (start < 0)
        {
            return 0;
        }

        var number = text[(start + "VmHWM:"u8.Length)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(number, out ulong kilobytes, out _) ? kilobytes * 1024 : 0;
    }

    private static int ReadStatus(Span<byte> buffer)
    {
        var file = Libc.open("/proc/self/status", Libc.O_CLOEXEC, 0);
        if (file < 0)
        {
            return 0;
        }

        fixed (byte* start = buffer)
        {
            var count = Libc.read(file, start, buffer.Length);
            _ = Libc.close(file);
            return (int)Math.Max(count, 0);
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
