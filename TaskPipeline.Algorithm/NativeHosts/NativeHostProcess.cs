using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// One host: started, greeted, given one task at a time, ended. Dispose ends it at once and waits until its whole subtree is
/// gone. For one task at a time.
/// </summary>
internal sealed class NativeHostProcess : IAsyncDisposable
{
    /// <summary>What fits into a pipe that is empty: writing more waits for a host that may not read.</summary>
    private const int PipeBytes = 64 * 1024;

    /// <summary>Enough for what follows a reply, and little enough for three threads for each host.</summary>
    private const int StackBytes = 256 * 1024;

    private readonly GuardedProcess _process;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<Hello> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HostFrameWriter _writer = new();

    /// <summary>Set by <see cref="Run"/>, completed by the reader's thread.</summary>
    private volatile TaskCompletionSource<FinishedReply?> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _channelProblem;
    private volatile bool _channelEnded;
    private int _disposed;

    private NativeHostProcess(GuardedProcess process, string folder, StatusPageMonitor page, TimeProvider time)
    {
        _process = process;
        _time = time;
        StartedAt = time.GetTimestamp();
        Page = page;
        Scratch = new ScratchFolders(folder);
        Output = new OutputCapture(process.Output, CallbackProtocol.MaxOutputBytes, ReadablePipe.TryOpen(process.Output));
        Errors = new OutputCapture(process.Errors, CallbackProtocol.MaxStderrBytes, ReadablePipe.TryOpen(process.Errors));
        Errors.Begin(Guid.Empty);

        // Blocking reads on threads of their own answer faster and more evenly than asynchronous ones. For a task that prints nothing only the first wakes.
        new Thread(ReadReplies, StackBytes) { IsBackground = true, Name = "host replies" }.Start();
        new Thread(Output.Pump, StackBytes) { IsBackground = true, Name = "host output" }.Start();
        new Thread(Errors.Pump, StackBytes) { IsBackground = true, Name = "host errors" }.Start();
    }

    public StatusPageMonitor Page { get; }

    public OutputCapture Output { get; }

    public OutputCapture Errors { get; }

    public ScratchFolders Scratch { get; }

    /// <summary>Its own process, not the guard's.</summary>
    public int ProcessId { get; private set; }

    /// <summary>When it was started, as a timestamp of its time provider.</summary>
    public long StartedAt { get; }

    /// <summary>0 to 1, its own: hosts of one age shall not be replaced together.</summary>
    public double Jitter { get; } = Random.Shared.NextDouble();

    /// <summary>How many tasks it has begun.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Processor time at the end of its last task, or of its start.</summary>
    public double TotalCpuSeconds { get; set; }

    /// <summary>Completes when the host and all of its subtree are gone.</summary>
    public Task<HostExit> Exit => _process.Exit;

    /// <summary>Whether it can be given a task: it lives, and can answer.</summary>
    public bool IsUsable => !_channelEnded && !Exit.IsCompleted && _channelProblem is null;

    /// <summary>What native code did to the channel of its host; null while it is in order. Set before the run completes.</summary>
    public string? ChannelProblem => _channelProblem;

    /// <summary>Starts a host and waits for its hello. Of one that does not start nothing is left.</summary>
    /// <exception cref="HostStartException">It did not start.</exception>
    public static async Task<NativeHostProcess> StartAsync(HostStarter starter, WorkFolder work, NativeHostOptions options, TimeProvider time)
    {
        var folder = work.CreateHostFolder();
        var pagePath = Path.Combine(folder, "page");
        StatusPageMonitor? page = null;
        GuardedProcess? process = null;
        NativeHostProcess? host = null;
        var started = false;
        try
        {
            page = StatusPageMonitor.Create(pagePath);
            string[] arguments = ["run", "--page", pagePath, .. options.Libraries.SelectMany(library => (string[])["--library", Path.GetFullPath(library)])];
            process = await starter.RunAsync(() => GuardedProcess.Start(options, folder, arguments));
            host = new NativeHostProcess(process, folder, page, time);
            var hello = await host._hello.Task.WaitAsync(options.StartLimit, time);
            (host.ProcessId, host.TotalCpuSeconds) = (hello.ProcessId, hello.CpuSeconds);

            // Both sides have it mapped by now.
            File.Delete(pagePath);
            started = true;
            return host;
        }
        catch (HostStartException exception)
        {
            throw new HostStartException($"The host did not start: {(host is null ? exception.Message : await host.ReasonAsync())}", exception);
        }
        catch (TimeoutException exception)
        {
            throw new HostStartException($"The host did not start: it said no hello within {options.StartLimit.TotalSeconds:0.#} seconds", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            // The disk is full, or there are no more threads to listen to it.
            throw new HostStartException($"The host did not start: {exception.Message}", exception);
        }
        finally
        {
            if (!started)
            {
                await RemoveAsync(process, page, folder);
            }
        }
    }

    /// <summary>Hands a task over. Completes with its reply, or with null when the host's channel ended first.</summary>
    /// <param name="request">Makes the request for the number of the task and the token that marks the end of its output, which is empty where no marker is needed.</param>
    public Task<FinishedReply?> Run(Func<ulong, Guid, RunRequest> request)
    {
        // Continued on the thread that reads the replies: what follows is short and waits for nothing, and a change of thread costs more.
        var finished = new TaskCompletionSource<FinishedReply?>();
        _finished = finished;
        var token = Output.NeedsMarker || Errors.NeedsMarker ? Guid.NewGuid() : Guid.Empty;
        var run = request(++Sequence, token);
        Output.Begin(token);
        Errors.Begin(token);
        var frame = run.WriteTo(_writer);
        if (frame.Length <= PipeBytes)
        {
            Write(frame, finished);
        }
        else
        {
            // A host that does not read is ended by the time-out, and that by an error here.
            _ = Task.Run(() => Write(frame, finished));
        }

        // Either this sees that the channel has ended, or who saw it end sees this run; without the barrier both could miss the other.
        Interlocked.MemoryBarrier();
        if (!IsUsable)
        {
            finished.TrySetResult(null);
        }

        return finished.Task;
    }

    public void AskToStop() => Page.RequestStop(Sequence);

    public void Terminate() => _process.Terminate();

    public void Kill() => _process.Kill();

    /// <summary>Whether its priority is lowered: it is of no use for another task.</summary>
    public bool IsLowered { get; private set; }

    /// <summary>Lets what else runs on the machine go first, for the rest of its life.</summary>
    public void LowerPriority() => IsLowered = _process.LowerPriority();

    /// <summary>Lets the algorithms close and the host exit, within a limit.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        try
        {
            _writer.Begin(HostFrameKind.Exit);
            _process.Requests.Write(_writer.End().Span);
            await Exit.WaitAsync(limit, _time);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or TimeoutException)
        {
            // It has ended already, or does not listen.
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exit;
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Page.Dispose();
            _process.Dispose();
        }
    }

    /// <summary>Ends it and tells why it said no hello. Its last words are read before the stream that they stand in is closed.</summary>
    private async Task<string> ReasonAsync()
    {
        Kill();
        var exit = await Exit;
        var said = await Errors.EndAsync(TimeSpan.FromSeconds(1), _time);
        var how = exit switch
        {
            { Problem: { } problem } => problem,
            _ when ChannelProblem is { } problem => problem,
            { Signal: { } signal } => $"it was ended by {SignalNames.Of(signal)} before it said hello",
            _ => $"it ended with exit code {exit.ExitCode} before it said hello",
        };
        return said.Length > 0 ? $"{how}: {said.ReplaceLineEndings(" ").Trim()}" : how;
    }

    /// <summary>Ends what there is of a host that nobody gets.</summary>
    private static async Task RemoveAsync(GuardedProcess? process, StatusPageMonitor? page, string folder)
    {
        if (process is not null)
        {
            process.Kill();
            await process.Exit;
            process.Dispose();
        }

        page?.Dispose();
        WorkFolder.Remove(folder);
    }

    private void Write(ReadOnlyMemory<byte> frame, TaskCompletionSource<FinishedReply?> finished)
    {
        try
        {
            _process.Requests.Write(frame.Span);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            finished.TrySetResult(null);
        }
    }

    private void ReadReplies()
    {
        try
        {
            var reader = new HostFrameReader(_process.Replies);
            while (reader.Read() is { } frame)
            {
                if (!_hello.Task.IsCompleted)
                {
                    _hello.TrySetResult(Hello.Parse(frame));
                }
                else
                {
                    _finished.TrySetResult(Checked(FinishedReply.Parse(frame)));
                }
            }
        }
        catch (HostProtocolException exception)
        {
            // Native code wrote into the channel: nothing that comes from there can be believed any more.
            _channelProblem = exception.Message;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The host died: its exit says how.
        }

        // In this order, see Run: nobody else would end a run that begins now.
        _channelEnded = true;
        Interlocked.MemoryBarrier();
        _hello.TrySetException(new HostStartException("it ended before it said hello"));
        _finished.TrySetResult(null);
    }

    /// <summary>A host answers once, after its page says that nothing runs: what else looks like an answer was forged.</summary>
    private FinishedReply Checked(FinishedReply reply)
    {
        if (reply.Sequence != Sequence || Page.ReadRunningSequence() != 0 || _finished.Task.IsCompleted)
        {
            throw new HostProtocolException("An answer that its host did not give.");
        }

        return reply;
    }
}
