using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>A real host without guard and worker: the protocol and nothing else. For one caller at a time.</summary>
internal sealed class ChildHost : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-child-");
    private readonly AnonymousPipeServerStream _requests = new(PipeDirection.Out, HandleInheritability.Inheritable);
    private readonly AnonymousPipeServerStream _replies = new(PipeDirection.In, HandleInheritability.Inheritable);
    private readonly HostFrameReader _reader;
    private readonly HostFrameWriter _writer = new();
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="program">The host.</param>
    /// <param name="libraries">What it may load besides samples and faults.</param>
    public ChildHost(string program, params string[] libraries)
    {
        var pagePath = Path.Combine(_folder.FullName, "page");
        Page = StatusPageMonitor.Create(pagePath);
        string[] arguments =
        [
            "run", "--library", BuiltPrograms.Faults, "--library", BuiltPrograms.Samples, "--page", pagePath,
            .. libraries.SelectMany(library => (string[])["--library", library]),
            "--request-fd", _requests.GetClientHandleAsString(), "--reply-fd", _replies.GetClientHandleAsString(),
        ];
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, line) => Output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _requests.DisposeLocalCopyOfClientHandle();
        _replies.DisposeLocalCopyOfClientHandle();
        _reader = new HostFrameReader(_replies);
    }

    public StatusPageMonitor Page { get; }

    public string Folder => _folder.FullName;

    /// <summary>The lines that it printed; all of them once it has ended.</summary>
    public ConcurrentQueue<string> Output { get; } = new();

    public Task<Hello> GreetAsync() => Task.Run(() => Hello.Parse(_reader.Read()!.Value)).WaitAsync(s_limit);

    /// <summary>Runs; null when the host died.</summary>
    public async Task<FinishedReply?> RunAsync(RunRequest request)
    {
        _requests.Write(request.WriteTo(_writer).Span);
        return await Task.Run(() => _reader.Read() is { } frame ? FinishedReply.Parse(frame) : null).WaitAsync(s_limit);
    }

    /// <summary>Sends bytes that may be anything.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => _requests.Write(bytes);

    public RunRequest Request(ulong sequence, string algorithm, string input = "{}", string? library = null) => new()
    {
        Sequence = sequence,
        OutputToken = Guid.NewGuid(),
        LibraryPath = library ?? (algorithm.StartsWith("fault.", StringComparison.Ordinal) ? BuiltPrograms.Faults : BuiltPrograms.Samples),
        Algorithm = algorithm,
        ScratchDirectory = _folder.FullName,
        Input = Encoding.UTF8.GetBytes(input),
    };

    /// <summary>The end of the channel is the order to exit.</summary>
    public async Task<int> EndAsync()
    {
        await _requests.DisposeAsync();
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Page.Dispose();
        await _requests.DisposeAsync();
        await _replies.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
