using System.Diagnostics;
using System.IO.Pipes;
using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Check;

/// <summary>One host with a folder of its own, for the kit: a worker's side of the protocol in its simplest form. For one caller at a time.</summary>
internal sealed class TrialHost : IAsyncDisposable
{
    /// <summary>What the service grants unless it is told otherwise. Without it one leak could take the author's machine down.</summary>
    private const ulong MemoryLimitBytes = 1UL << 30;

    private static readonly TimeSpan s_exitLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_stopAfterSilence = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_samplingInterval = TimeSpan.FromMilliseconds(2);

    private readonly TimeProvider _time;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-check-");
    private readonly AnonymousPipeServerStream _requests = new(PipeDirection.Out, HandleInheritability.Inheritable);
    private readonly AnonymousPipeServerStream _replies = new(PipeDirection.In, HandleInheritability.Inheritable);
    private readonly StatusPageMonitor _page;
    private readonly Process _process;
    private readonly CapturedOutput _output;
    private readonly CapturedOutput _errors;
    private readonly HostFrameReader _reader;
    private readonly HostFrameWriter _writer = new();
    private ulong _sequence;

    public TrialHost(string libraryPath, TimeProvider time)
    {
        _time = time;
        var pagePath = Path.Combine(_folder.FullName, "page");
        _page = StatusPageMonitor.Create(pagePath);
        _process = SelfProcess.Start(
            "run", "--library", libraryPath, "--page", pagePath,
            "--request-handle", _requests.GetClientHandleAsString(), "--reply-handle", _replies.GetClientHandleAsString());
        _process.StandardInput.Close();
        _requests.DisposeLocalCopyOfClientHandle();
        _replies.DisposeLocalCopyOfClientHandle();
        _reader = new HostFrameReader(_replies);
        _output = new CapturedOutput(_process.StandardOutput.BaseStream);
        _errors = new CapturedOutput(_process.StandardError.BaseStream);
    }

    /// <summary>Runs the algorithm once and says how that went.</summary>
    /// <param name="library">Its file.</param>
    /// <param name="algorithm">Its name.</param>
    /// <param name="input">One JSON object.</param>
    /// <param name="askToStop">Ask it to stop as soon as it reports something, or has run for a tenth of a second.</param>
    /// <param name="limit">How long it may take; from the moment it is asked to stop, if it is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Trial> RunAsync(string library, string algorithm, string input, bool askToStop, TimeSpan limit, CancellationToken cancellationToken)
    {
        _sequence++;
        var scratch = Directory.CreateDirectory(Path.Combine(_folder.FullName, $"scratch-{_sequence}")).FullName;
        var request = new RunRequest
        {
            Sequence = _sequence,
            OutputToken = Guid.NewGuid(),
            LibraryPath = library,
            Algorithm = algorithm,
            ScratchDirectory = scratch,
            MemoryLimitBytes = MemoryLimitBytes,
            Input = System.Text.Encoding.UTF8.GetBytes(input),
        };

        var started = _time.GetTimestamp();
        var reply = ExchangeAsync(request, cancellationToken);
        if (askToStop)
        {
            await WaitForSignOfLifeAsync(reply, cancellationToken).ConfigureAwait(false);
            started = _time.GetTimestamp();
            _page.RequestStop(_sequence);
        }

        await Task.WhenAny(reply, Task.Delay(limit, _time, cancellationToken)).ConfigureAwait(false);
        var took = _time.GetElapsedTime(started);
        if (!reply.IsCompleted)
        {
            _process.Kill(entireProcessTree: true);
            await reply.ConfigureAwait(false);
            return new Trial(TrialEnd.StillRunning, null, took, _page.ReadRegressions(), 0, "");
        }

        return await ConcludeAsync(request, await reply.ConfigureAwait(false), took, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _requests.DisposeAsync().ConfigureAwait(false);
            using var limit = new CancellationTokenSource(s_exitLimit, _time);
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // It did not end in good order; the kit has seen what it wanted to see.
            _process.Kill(entireProcessTree: true);
        }

        Subtree.EndOrphans();
        _process.Dispose();
        _page.Dispose();
        await _replies.DisposeAsync().ConfigureAwait(false);
        _folder.Delete(recursive: true);
    }

    // Null: the host ended, or wrote something that is no frame, before it answered.
    private async Task<FinishedReply?> ExchangeAsync(RunRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Sequence == 1 && await _reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } hello)
            {
                Hello.Parse(hello);
            }

            await _requests.WriteAsync(request.WriteTo(_writer), cancellationToken).ConfigureAwait(false);
            return await _reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame ? FinishedReply.Parse(frame) : null;
        }
        catch (Exception exception) when (exception is IOException or HostProtocolException)
        {
            return null;
        }
    }

    private async Task WaitForSignOfLifeAsync(Task reply, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (!reply.IsCompleted && _page.Sample(_sequence).ProgressCalls == 0 && _time.GetElapsedTime(started) < s_stopAfterSilence)
        {
            await Task.WhenAny(reply, Task.Delay(s_samplingInterval, _time, cancellationToken)).ConfigureAwait(false);
        }
    }

    private async Task<Trial> ConcludeAsync(RunRequest request, FinishedReply? reply, TimeSpan took, CancellationToken cancellationToken)
    {
        if (reply is null)
        {
            using var limit = new CancellationTokenSource(s_exitLimit, _time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            await _process.WaitForExitAsync(linked.Token).ConfigureAwait(false);
            return new Trial(TrialEnd.Died, null, took, _page.ReadRegressions(), 0, SelfProcess.Describe(_process.ExitCode));
        }

        var marker = OutputMarker.Format(request.OutputToken);
        var printed = reply.Flags.HasFlag(FinishedFlags.OutputMarked) ? await _output.CountUntilAsync(marker, cancellationToken).ConfigureAwait(false) : 0;
        if (reply.Flags.HasFlag(FinishedFlags.ErrorMarked))
        {
            await _errors.CountUntilAsync(marker, cancellationToken).ConfigureAwait(false);
        }

        return new Trial(TrialEnd.Answered, reply, took, _page.ReadRegressions(), printed, "");
    }
}
