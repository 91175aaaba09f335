using Microsoft.Win32.SafeHandles;
using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost;

/// <summary><c>run</c>: serves a worker until it is told to exit.</summary>
internal static class RunCommand
{
    private const int DefaultRequestHandle = 3;
    private const int DefaultReplyHandle = 4;

    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        var line = new CommandLine(arguments, "--library", "--page", "--request-fd", "--reply-fd", "--request-handle", "--reply-handle", Lifeline.Option);
        line.RefuseWords();
        var requests = Open(Handle(line, "--request-fd", "--request-handle", DefaultRequestHandle), FileAccess.Read);
        var replies = Open(Handle(line, "--reply-fd", "--reply-handle", DefaultReplyHandle), FileAccess.Write);
        var page = SharedStatusPage.Open(line.Required("--page"));
        var folders = new LibraryFolders(line.All("--library"));

        ProcessSetup.RestoreSignals();
        Lifeline.WatchIfAsked(line);
        ProcessSetup.AdoptOrphans();
        StandardStreams.Prepare();
        new HostLoop(requests, replies, new TaskRunner(page, folders)).Run();
        return ExitCodes.Success;
    }

    // Descriptors on Unix, handles on Windows; where no guard gives them their usual numbers, the worker names them.
    private static int Handle(CommandLine line, string descriptor, string handle, int fallback) =>
        line.Number(handle, line.Number(descriptor, fallback, minimum: 0), minimum: 0);

    private static Stream Open(int handle, FileAccess access)
    {
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(new SafeFileHandle(handle, ownsHandle: true), access, bufferSize: 0);
        }

        ProcessSetup.KeepFromPrograms(handle);
        return new DescriptorStream(handle);
    }
}
