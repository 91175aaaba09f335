using System.Diagnostics;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Runs one attempt in a host, watches it and, when it must stop, climbs the ladder: ask, SIGTERM, SIGKILL. An attempt that was
/// stopped or crashed is over only when all of its processes are gone.
/// </summary>
internal sealed class NativeRunner(
    NativeHostPool pool, ReportSender sender, WorkerIdentity worker, TimeProvider time, IOptions<NativeHostOptions> options)
{
    private static readonly TimeSpan s_sampleEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_outputLimit = TimeSpan.FromSeconds(1);

    private readonly NativeHostOptions _options = options.Value;

    /// <summary>Runs. The slot is given back when the host has answered.</summary>
    /// <exception cref="HostStartException">No host could be started.</exception>
    public async Task<AttemptEnd> RunAsync(RunningTask task, CatalogueEntry entry, IDisposable slot)
    {
        var host = await pool.RentAsync();
        var scratch = Directory.CreateDirectory(Path.Combine(_options.WorkDirectory, $"taskpipeline-scratch-{Guid.NewGuid():N}")).FullName;
        var memoryLimit = entry.MemoryLimitBytes > 0 ? entry.MemoryLimitBytes : _options.MemoryLimitBytes;
        var cpuBefore = host.TotalCpuSeconds;
        var started = time.GetTimestamp();
        var finished = host.Run(sequence => ToRequest(sequence, task, entry, scratch, memoryLimit));

        var stopped = await WatchAsync(host, task, finished, started);
        var reply = finished.IsCompletedSuccessfully ? await finished : null;
        HostExit? exit = null;
        if (stopped != StopReason.None || reply is null)
        {
            exit = await EndAsync(host, finished, stopped);
            reply = stopped == StopReason.None ? null : reply;
        }

        var wall = time.GetElapsedTime(started);
        var output = await host.Output.EndAsync(s_outputLimit, time);
        var errors = await host.Errors.EndAsync(s_outputLimit, time);
        var last = host.Page.Sample();
        if (exit is null)
        {
            pool.Return(host, reply!);
        }
        else
        {
            pool.Retire(host, stopped == StopReason.None ? "it crashed" : "its task was stopped");
        }

        slot.Dispose();
        RemoveScratch(scratch);
        return new AttemptEnd
        {
            Reply = reply,
            Exit = exit,
            Stopped = stopped,
            Output = output,
            Errors = errors,
            Last = last,
            Wall = wall,
            CpuSecondsBefore = cpuBefore,
            MemoryLimitBytes = memoryLimit,
        };
    }

    private RunRequest ToRequest(ulong sequence, RunningTask task, CatalogueEntry entry, string scratch, long memoryLimit) => new()
    {
        Sequence = sequence,
        OutputToken = Guid.NewGuid(),
        LibraryPath = entry.LibraryPath,
        Algorithm = entry.Description.Name,
        ScratchDirectory = scratch,
        MemoryLimitBytes = (ulong)memoryLimit,
        CpuLimitSeconds = entry.CpuLimitSeconds > 0 ? entry.CpuLimitSeconds : _options.CpuLimitSeconds,
        FileSizeLimitBytes = (ulong)_options.FileSizeLimitBytes,
        OpenFilesLimit = (uint)_options.OpenFilesLimit,
        Input = task.Message.Input,
    };

    /// <summary>Samples progress until the host answers or the attempt must stop. Returns why it must.</summary>
    private async Task<StopReason> WatchAsync(NativeHostProcess host, RunningTask task, Task finished, long started)
    {
        var submission = task.Message.Submission;
        var timeout = TimeSpan.FromSeconds(submission.TimeoutSeconds);
        var reporter = new ProgressReporter(sender, worker, task);
        var noProgress = submission.NoProgressTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
        var (calls, calledAt) = (0UL, started);
        while (true)
        {
            var left = timeout - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return StopReason.Timeout;
            }

            using var sample = new CancellationTokenSource();
            var tick = Task.Delay(left < s_sampleEvery ? left : s_sampleEvery, time, sample.Token);
            var first = await Task.WhenAny(finished, task.StopRequested, tick);
            await sample.CancelAsync();
            if (first == finished)
            {
                return StopReason.None;
            }

            if (first == task.StopRequested)
            {
                return await task.StopRequested;
            }

            var status = host.Page.Sample();
            if (status.ProgressCalls != calls)
            {
                (calls, calledAt) = (status.ProgressCalls, time.GetTimestamp());
                task.Progress = (status.Percent, status.Stage);
                AlgorithmActivitySource.NoteStage(Activity.Current, status.Percent, status.Stage);
                reporter.Report(status);
            }
            else if (noProgress != Timeout.InfiniteTimeSpan && time.GetElapsedTime(calledAt) >= noProgress)
            {
                return StopReason.NoProgress;
            }
        }
    }

    /// <summary>Ends the host and everything it started; returns when all of it is gone.</summary>
    private async Task<HostExit> EndAsync(NativeHostProcess host, Task finished, StopReason stopped)
    {
        // Work that another attempt may already be doing is not asked politely.
        if (stopped is StopReason.Cancelled or StopReason.Timeout or StopReason.NoProgress)
        {
            host.AskToStop();
            if (!await EndedWithinAsync(Task.WhenAny(finished, host.Exit), _options.StopGrace))
            {
                host.Terminate();
                await EndedWithinAsync(host.Exit, _options.TerminateGrace);
            }
        }
        else if (stopped == StopReason.None)
        {
            // The channel is closed: the process is about to end by itself, or has only closed its descriptors.
            await EndedWithinAsync(host.Exit, _options.TerminateGrace);
        }

        host.Kill();
        return await host.Exit;
    }

    private async Task<bool> EndedWithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static void RemoveScratch(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Something in it cannot be removed; the folder lies below the system's temporary folder, which is cleared.
        }
    }

    /// <summary>Reports progress with one report under way at the most: what changes meanwhile goes with the next.</summary>
    private sealed class ProgressReporter(ReportSender sender, WorkerIdentity worker, RunningTask task)
    {
        private Task _underWay = Task.CompletedTask;
        private (int Percent, string? Stage) _reported = (0, null);

        public void Report(StatusSample status)
        {
            if (_underWay.IsCompleted && (status.Percent, status.Stage) != _reported)
            {
                _reported = (status.Percent, status.Stage);
                _underWay = SendAsync(status);
            }
        }

        private async Task SendAsync(StatusSample status)
        {
            var verdict = await sender.TrySendAsync(
                new ProgressReport
                {
                    Worker = worker.Id,
                    TaskId = task.Message.TaskId,
                    ClaimId = task.ClaimId,
                    Attempt = task.Attempt,
                    Sequence = task.NextSequence(),
                    Percent = status.Percent,
                    Stage = status.Stage,
                    TraceParent = Activity.Current?.Id ?? task.Message.TraceParent,
                },
                CancellationToken.None);
            if (verdict is not null)
            {
                task.Obey(verdict.Kind, verdict.Cancel);
            }
        }
    }
}
