using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests.Protocol;

/// <summary>Messages with something in every field.</summary>
internal static class Frames
{
    public static RunRequest Request(byte[] input) => new()
    {
        Sequence = 7,
        OutputToken = new Guid("0123456789abcdef"u8),
        LibraryPath = "/a/lib.so",
        Algorithm = "primes",
        ScratchDirectory = "/tmp/ä",
        MemoryLimitBytes = 1 << 20,
        CpuLimitSeconds = 1.5,
        FileSizeLimitBytes = 3,
        OpenFilesLimit = 64,
        Input = input,
    };

    public static FinishedReply Reply(byte[] result) => new()
    {
        Sequence = 7,
        Status = HostStatus.RetryableError,
        Message = "why",
        Result = result,
        CpuSeconds = 0.5,
        TotalCpuSeconds = 1.5,
        PeakMemoryBytes = 1,
        MemoryBytes = 2,
        Flags = FinishedFlags.OutputMarked | FinishedFlags.SubtreeNotEmpty,
    };
}
