using BenchmarkDotNet.Attributes;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Benchmarks.Inner;

/// <summary>The frames between worker and host.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private static readonly RunRequest s_request = new()
    {
        Sequence = 1,
        OutputToken = Guid.NewGuid(),
        LibraryPath = "/opt/algorithms/libsamples.so",
        Algorithm = "primes",
        ScratchDirectory = "/tmp/worker/1/1",
        Input = """{"limit":10}"""u8.ToArray(),
    };

    private static readonly FinishedReply s_reply = new()
    {
        Sequence = 1,
        Status = HostStatus.Ok,
        Message = "",
        Result = """{"limit":10,"count":4}"""u8.ToArray(),
        CpuSeconds = 0.0001,
        TotalCpuSeconds = 1,
        PeakMemoryBytes = 5_000_000,
        MemoryBytes = 4_000_000,
        Flags = FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked,
    };

    private readonly HostFrameWriter _writer = new();
    private readonly MemoryStream _replies = new();
    private HostFrameReader _reader = null!;

    [GlobalSetup]
    public void Setup()
    {
        _replies.Write(s_reply.WriteTo(_writer).Span);
        _reader = new HostFrameReader(_replies);
    }

    [Benchmark]
    public int WriteRequest() => s_request.WriteTo(_writer).Length;

    [Benchmark]
    public object ReadReply()
    {
        _replies.Position = 0;
        return FinishedReply.Parse(_reader.Read()!.Value);
    }
}
