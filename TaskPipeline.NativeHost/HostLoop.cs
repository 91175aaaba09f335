using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost;

/// <summary>Reads a frame, runs, writes a frame, until it is told to exit or the worker is gone. One thread does all of it.</summary>
internal sealed class HostLoop(Stream requests, Stream replies, TaskRunner runner)
{
    private readonly HostFrameReader _reader = new(requests);
    private readonly HostFrameWriter _writer = new();

    /// <exception cref="HostProtocolException">The worker sent something that it may not.</exception>
    /// <exception cref="IOException">The channel broke.</exception>
    public void Run()
    {
        Send(new Hello(TpAbi.Version, Environment.ProcessId, ProcessAccounting.TotalCpuSeconds()).WriteTo(_writer));
        while (_reader.Read() is { Kind: not HostFrameKind.Exit } frame)
        {
            var request = RunRequest.Parse(frame);
            Send(runner.Run(request).WriteTo(_writer));
        }

        runner.Close();
    }

    private void Send(ReadOnlyMemory<byte> frame) => replies.Write(frame.Span);
}
