using System.Runtime.InteropServices;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>Standard output and standard error as native code uses them: through the C library's buffers, which this class sets up and empties.</summary>
internal static unsafe class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;
    private const int LineBuffered = 1;

    // What the two descriptors are, before native code could put something else there.
    private static FileMark s_output;
    private static FileMark s_error;

    /// <summary>Standard output becomes line buffered, so that a crash loses no whole line. Call it before any library is loaded.</summary>
    public static void Prepare()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var symbol = OperatingSystem.IsMacOS() ? "__stdoutp" : "stdout";
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), symbol, out var stdout))
        {
            _ = Libc.setvbuf(*(nint*)stdout, null, LineBuffered, 0);
        }

        s_output = FileMark.Of(Output);
        s_error = FileMark.Of(Error);
    }

    public static void Flush()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Libc.fflush(0);
        }
    }

    /// <summary>Writes a line after everything that was printed before it.</summary>
    public static void WriteLine(ReadOnlySpan<byte> line)
    {
        Flush();
        if (OperatingSystem.IsWindows())
        {
            using var output = Console.OpenStandardOutput();
            output.Write(line);
            output.Write("\n"u8);
            return;
        }

        _ = DescriptorStream.TryWrite(Output, line) && DescriptorStream.TryWrite(Output, "\n"u8);
    }

    /// <summary>Says on standard error what went wrong in the host itself.</summary>
    public static void WriteError(string message)
    {
        var line = Encoding.UTF8.GetBytes($"{message}\n");
        if (OperatingSystem.IsWindows())
        {
            using var error = Console.OpenStandardError();
            error.Write(line);
            return;
        }

        _ = DescriptorStream.TryWrite(Error, line);
    }

    /// <summary>Empties the buffers and marks the end of the run's output, unless the token is empty.</summary>
    /// <returns>Where that was done; not where native code closed the descriptor or put another file in its place.</returns>
    public static FinishedFlags Mark(Guid token)
    {
        Flush();
        if (OperatingSystem.IsWindows())
        {
            return FinishedFlags.None;
        }

        var marker = token == Guid.Empty ? [] : OutputMarker.Format(token);
        return (TryMark(Output, s_output, marker) ? FinishedFlags.OutputMarked : FinishedFlags.None)
            | (TryMark(Error, s_error, marker) ? FinishedFlags.ErrorMarked : FinishedFlags.None);
    }

    /// <summary>Keeps what a library prints while it is loaded out of our own answer: standard output becomes standard error.</summary>
    /// <returns>A stream to what standard output was.</returns>
    public static Stream TakeOutput()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Console.OpenStandardOutput();
        }

        var output = Libc.fcntl(Output, Libc.F_DUPFD_CLOEXEC, 5);
        _ = Libc.dup2(Error, Output);
        return new DescriptorStream(output);
    }

    private static bool TryMark(int descriptor, FileMark before, byte[] marker) =>
        FileMark.Of(descriptor).IsSameFile(before) && DescriptorStream.TryWrite(descriptor, marker);
}
