using System.Diagnostics;
using System.IO.Pipes;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// One host with its guard: started, greeted, given one task at a time, ended. Dispose ends it and waits until its whole
/// subtree is gone. For one task at a time.
/// </summary>
internal sealed class NativeHostProcess : IAsyncDisposable
{
    private const byte OrderTerminate = (byte)'T';
    private const byte OrderKill = (byte)'K';

    private readonly Process _process;
    private readonly AnonymousPipeServerStream _requests;
    private readonly AnonymousPipeServerStream _replies;
    private readonly AnonymousPipeServerStream? _status;
    private readonly TaskCompletionSource<Hello> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<HostExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HostFrameWriter _writer = new();

    /// <summary>Set by <see cref="Run"/>, completed by the reader's thread.</summary>
    private volatile TaskCompletionSource<FinishedReply?> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NativeHostProcess(Process process, AnonymousPipeServerStream requests, AnonymousPipeServerStream replies, AnonymousPipeServerStream? status, StatusPageMonitor page)
    {
        _process = process;
        _requests = requests;
        _replies = replies;
        _status = status;
        Page = page;
        Output = new OutputCapture(process.StandardOutput.BaseStream, CallbackProtocol.MaxOutputBytes);
        Errors = new OutputCapture(process.StandardError.BaseStream, CallbackProtocol.MaxStderrBytes);
        _ = Output.PumpAsync();
        _ = Errors.PumpAsync();
        _ = WatchExitAsync();

        // Blocking reads on a thread of their own answer faster and more evenly than asynchronous ones.
        new Thread(ReadReplies) { IsBackground = true, Name = "host replies" }.Start();
    }

    public StatusPageMonitor Page { get; }

    public OutputCapture Output { get; }

    public OutputCapture Errors { get; }

    /// <summary>How many tasks it has begun.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Processor time at the end of its last task.</summary>
    public double TotalCpuSeconds { get; set; }

    /// <summary>Completes when the host and all of its subtree are gone.</summary>
    public Task<HostExit> Exit => _exit.Task;

    public bool IsAlive => !_exit.Task.IsCompleted;

    /// <summary>Starts a host and waits for its hello.</summary>
    /// <exception cref="HostStartException">It did not start.</exception>
    public static async Task<NativeHostProcess> StartAsync(HostStarter starter, NativeHostOptions options, TimeProvider time)
    {
        var pagePath = Path.Combine(options.WorkDirectory, $"taskpipeline-page-{Guid.NewGuid():N}");
        var page = StatusPageMonitor.Create(pagePath);
        NativeHostProcess? host = null;
        try
        {
            host = await starter.RunAsync(() => Start(options, page, pagePath));
            await host._hello.Task.WaitAsync(options.StartLimit, time);
            return host;
        }
        catch (Exception exception)
        {
            if (host is not null)
            {
                await host.DisposeAsync();
            }
            else
            {
                page.Dispose();
            }

            throw new HostStartException($"The host did not start: {exception.Message}", exception);
        }
        finally
        {
            // Both sides have it mapped by now, or never will.
            File.Delete(pagePath);
        }
    }

    /// <summary>Hands a task over. Completes with its reply, or with null when the host's channel ended first.</summary>
    public Task<FinishedReply?> Run(Func<ulong, RunRequest> request)
    {
        // Continued on the thread that reads the replies: what follows is short and waits for nothing, and a change of thread costs more.
        var finished = new TaskCompletionSource<FinishedReply?>();
        _finished = finished;
        var run = request(++Sequence);
        Output.Begin(run.OutputToken);
        Errors.Begin(run.OutputToken);
        try
        {
            _requests.Write(run.WriteTo(_writer).Span);
        }
        catch (IOException)
        {
            finished.TrySetResult(null);
        }

        if (_hello.Task.IsFaulted || _exit.Task.IsCompleted)
        {
            finished.TrySetResult(null);
        }

        return finished.Task;
    }

    public void AskToStop() => Page.RequestStop(Sequence);

    public void Terminate() => Order(OrderTerminate);

    public void Kill() => Order(OrderKill);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _exit.Task;
        Page.Dispose();
        _requests.Dispose();
        _replies.Dispose();
        _status?.Dispose();
        _process.Dispose();
    }

    private static NativeHostProcess Start(NativeHostOptions options, StatusPageMonitor page, string pagePath)
    {
        var requests = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        var replies = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var guarded = options.GuardPath.Length > 0;
        var status = guarded ? new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable) : null;
        var start = new ProcessStartInfo(guarded ? options.GuardPath : options.HostPath)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.WorkDirectory,
        };
        HostEnvironment.ApplyTo(start.Environment);
        string[] host = ["run", "--page", pagePath, .. options.Libraries.SelectMany(library => (string[])["--library", Path.GetFullPath(library)])];
        string[] arguments = guarded
            ? ["--status-fd", status!.GetClientHandleAsString(), "--request-fd", requests.GetClientHandleAsString(), "--reply-fd", replies.GetClientHandleAsString(), "--page", pagePath, "--", options.HostPath, .. host]
            : [.. host, "--request-fd", requests.GetClientHandleAsString(), "--reply-fd", replies.GetClientHandleAsString()];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            var process = Process.Start(start) ?? throw new HostStartException("no process was started");
            return new NativeHostProcess(process, requests, replies, status, page);
        }
        finally
        {
            // Only the child's ends may stay open in the child, or no pipe would ever end.
            requests.DisposeLocalCopyOfClientHandle();
            replies.DisposeLocalCopyOfClientHandle();
            status?.DisposeLocalCopyOfClientHandle();
        }
    }

    private void ReadReplies()
    {
        try
        {
            var reader = new HostFrameReader(_replies);
            while (reader.Read() is { } frame)
            {
                if (!_hello.Task.IsCompleted)
                {
                    _hello.TrySetResult(Hello.Parse(frame));
                }
                else
                {
                    var reply = FinishedReply.Parse(frame);
                    _finished.TrySetResult(reply.Sequence == Sequence ? reply : null);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or HostProtocolException)
        {
            // The host died, or native code wrote into its channel: either way it speaks no more.
        }

        _hello.TrySetException(new HostStartException("it ended before it said hello"));
        _finished.TrySetResult(null);
    }

    private async Task WatchExitAsync()
    {
        HostExit? exit = null;
        if (_status is not null)
        {
            using var reader = new StreamReader(_status, leaveOpen: true);
            try
            {
                while (exit is null && await reader.ReadLineAsync() is { } line)
                {
                    exit = HostExit.Parse(line);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The guard is gone; its own end says the rest.
            }
        }

        await _process.WaitForExitAsync();
        _exit.TrySetResult(exit ?? HostExit.FromExitCode(_process.ExitCode));
    }

    private void Order(byte order)
    {
        try
        {
            if (_status is null)
            {
                _process.Kill(entireProcessTree: true);
                return;
            }

            var control = _process.StandardInput.BaseStream;
            control.WriteByte(order);
            control.Flush();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
