using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TaskPipeline.Benchmarks.Native;

/// <summary>Children that send back what they get: the least that a process boundary costs. Dispose ends them.</summary>
internal sealed partial class EchoChildren : IDisposable
{
    public const string Verb = "echo";

    private const int MessageBytes = 200;

    private readonly List<(Process Process, Stream Out, Stream In, byte[] Buffer)> _children = [];

    private EchoChildren()
    {
    }

    public static EchoChildren OverPipes(int count)
    {
        var children = new EchoChildren();
        for (var n = 0; n < count; n++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, [Verb]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            var process = Process.Start(start)!;
            children._children.Add((process, process.StandardInput.BaseStream, process.StandardOutput.BaseStream, new byte[MessageBytes]));
        }

        return children;
    }

    public static EchoChildren OverSockets(int count)
    {
        var children = new EchoChildren();
        var path = Path.Combine(Path.GetTempPath(), $"tp-echo-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        for (var n = 0; n < count; n++)
        {
            var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Verb, path]))!;
            var stream = new NetworkStream(listener.Accept(), ownsSocket: true);
            children._children.Add((process, stream, stream, new byte[MessageBytes]));
        }

        File.Delete(path);
        return children;
    }

    /// <summary>The child: without an argument over standard input and output, with one over the socket of that path.</summary>
    public static Task<int> RunAsync(string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (arguments is [var path])
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }

        using var stream = arguments.Length > 0 ? new NetworkStream(socket) : null;
        using var input = stream ?? Console.OpenStandardInput();
        using var output = stream ?? Console.OpenStandardOutput();
        var buffer = new byte[MessageBytes];
        while (input.ReadAtLeast(buffer, MessageBytes, throwOnEndOfStream: false) == MessageBytes)
        {
            output.Write(buffer);
        }

        return Task.FromResult(0);
    }

    /// <summary>One round trip, on the calling thread.</summary>
    public Task Echo(int child)
    {
        var (_, output, input, buffer) = _children[child];
        output.Write(buffer);
        output.Flush();
        input.ReadExactly(buffer);
        return Task.CompletedTask;
    }

    /// <summary>A call into native code in this process.</summary>
    public static Task CallNative()
    {
        _ = GetProcessId();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var (process, output, _, _) in _children)
        {
            output.Dispose();
            process.WaitForExit();
            process.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "getpid")]
    private static partial int GetProcessId();
}
