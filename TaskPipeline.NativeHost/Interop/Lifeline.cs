using System.Diagnostics;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// Ends this process when its worker is gone, however that ended and whatever native code does meanwhile: standard input, to which nothing is ever
/// written, ends with the worker. For hosts without a guard; a guard does the same, and for the whole subtree.
/// </summary>
internal static class Lifeline
{
    /// <summary>The option that asks for it; its value is <c>stdin</c>.</summary>
    public const string Option = "--lifeline";

    /// <summary>Watches standard input, if it is asked to, on a thread of its own; native code finds an empty one in its place.</summary>
    /// <exception cref="UsageException">It is asked to watch something else.</exception>
    public static void WatchIfAsked(CommandLine line)
    {
        if (line.Last(Option) is not { } end)
        {
            return;
        }

        if (end != "stdin")
        {
            throw new UsageException($"{Option} can be stdin only, not {end}.");
        }

        var input = TakeInput();
        new Thread(() => Wait(input)) { IsBackground = true, Name = "lifeline" }.Start();
    }

    private static Stream TakeInput()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Console.OpenStandardInput();
        }

        const int Input = 0;
        var kept = Libc.fcntl(Input, Libc.F_DUPFD_CLOEXEC, 5);
        var empty = Libc.open("/dev/null", Libc.O_CLOEXEC, 0);
        _ = Libc.dup2(empty, Input);
        _ = Libc.close(empty);
        return new DescriptorStream(kept);
    }

    private static void Wait(Stream input)
    {
        try
        {
            while (input.ReadByte() >= 0)
            {
                // Nobody writes; whoever does is not the end.
            }
        }
        catch (IOException)
        {
            // Native code closed it: then only the channel can tell.
            return;
        }

        // Nothing else ends a process whose threads are in native code.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
