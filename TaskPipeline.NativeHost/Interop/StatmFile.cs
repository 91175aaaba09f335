namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// <c>/proc/self/statm</c>, kept open: opening it costs six times what reading it does. It tells nothing that native code could not read itself, and no
/// program that native code starts gets it. Native code may close it and have another file under its number: that is noticed before each read, and the
/// file is opened anew. Linux only; elsewhere it is empty.
/// </summary>
internal sealed unsafe class StatmFile
{
    /// <summary>Room enough for all of its numbers.</summary>
    public const int MaxBytes = 192;

    private int _descriptor = -1;
    private FileMark _mark;

    public StatmFile() => Open();

    /// <summary>Reads it into a buffer.</summary>
    /// <returns>How much there is; 0 when it cannot be read.</returns>
    public int Read(Span<byte> buffer)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        if (_descriptor < 0 || !FileMark.Of(_descriptor).IsSameFile(_mark))
        {
            // What is there now is not ours to close.
            Open();
        }

        fixed (byte* start = buffer)
        {
            return (int)Math.Max(Libc.pread(_descriptor, start, buffer.Length, 0), 0);
        }
    }

    private void Open()
    {
        if (OperatingSystem.IsLinux())
        {
            _descriptor = Libc.open("/proc/self/statm", Libc.O_CLOEXEC, 0);
            _mark = FileMark.Of(_descriptor);
        }
    }
}
