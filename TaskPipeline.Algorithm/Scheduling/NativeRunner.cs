using System.Diagnostics;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Runs one attempt in a host, watches it and, when it must stop, climbs the ladder: ask, SIGTERM, SIGKILL. An attempt that was
/// stopped or crashed is over only when all of its processes are gone.
/// </summary>
internal sealed class NativeRunner(
    NativeHostPool pool, ReportSender sender, WorkerIdentity worker, SamplingClock clock, TimeProvider time, IOptions<NativeHostOptions> options)
{
    /// <summary>The scratch folder is looked at with every so manyth sample: twice a second.</summary>
    private const int SamplesPerScratchLook = 5;

    /// <summary>How long the end of what was printed may take to arrive when it is certain to come.</summary>
    private static readonly TimeSpan s_outputLimit = TimeSpan.FromSeconds(5);

    /// <summary>The same for a task that closed what it printed to.</summary>
    private static readonly TimeSpan s_unmarkedLimit = TimeSpan.FromMilliseconds(100);

    private readonly NativeHostOptions _options = options.Value;

    /// <summary>Runs. The slot is given back when the host has answered.</summary>
    /// <exception cref="HostStartException">No host could be started, or it could not prepare the run: nothing of the algorithm has run.</exception>
    public async Task<AttemptEnd> RunAsync(RunningTask task, CatalogueEntry entry, IRunSlot slot)
    {
        // Stopped between its claim and now, or while a host was started for it: nothing has run, nothing must be ended.
        if (task.StopRequested.IsCompleted || await pool.RentAsync(task.StopRequested) is not { } host)
        {
            return new AttemptEnd { Stopped = await task.StopRequested };
        }

        AttemptEnd end;
        try
        {
            end = await RunInAsync(host, task, entry, slot);
        }
        catch
        {
            // Nobody else knows of the host, and native code may run in it.
            pool.Retire(host, "its run was given up");
            await host.Exit;
            throw;
        }

        slot.Dispose();
        return end.Reply is { Status: HostStatus.SetupFailed } reply ? throw new HostStartException($"The host could not prepare the run: {reply.Message}") : end;
    }

    /// <summary>Runs in a host and gives that back, or ends it.</summary>
    private async Task<AttemptEnd> RunInAsync(NativeHostProcess host, RunningTask task, CatalogueEntry entry, IRunSlot slot)
    {
        var limits = LimitsOf(entry);
        var scratch = host.Scratch.Create(host.Sequence + 1);
        var cpuBefore = host.TotalCpuSeconds;
        var started = time.GetTimestamp();
        var finished = host.Run((sequence, token) => ToRequest(sequence, token, task, entry, scratch, limits));

        var stopped = await WatchAsync(host, task, finished, new Watch(started, scratch, limits, slot));
        var reply = stopped == StopReason.None ? await finished : null;
        var (exit, problem) = reply is null ? await EndAsync(host, finished, stopped) : (null, host.ChannelProblem);
        var wall = time.GetElapsedTime(started);

        // Its slot is older than the run: a host may have had to be started first.
        var demoted = slot.DemotedFor is { } since ? (since < wall ? since : wall) : (TimeSpan?)null;
        var output = await host.Output.EndAsync(OutputLimit(reply, FinishedFlags.OutputMarked), time);
        var errors = await host.Errors.EndAsync(OutputLimit(reply, FinishedFlags.ErrorMarked), time);
        var end = new AttemptEnd
        {
            Reply = reply,
            Exit = exit,
            Stopped = stopped,
            ChannelProblem = problem,
            Output = output,
            Errors = errors,
            Last = host.Page.Sample(host.Sequence),
            Wall = wall,
            Demoted = demoted,
            CpuSecondsBefore = cpuBefore,
            Limits = limits,
        };
        GiveBack(host, end, scratch);
        return end;
    }

    private void GiveBack(NativeHostProcess host, AttemptEnd end, string scratch)
    {
        if (end.Reply is { } reply)
        {
            // Processes that were left behind may still write into the folder: then it goes with the host.
            if (reply.Flags.HasFlag(FinishedFlags.SubtreeNotEmpty) || host.Scratch.Release(scratch, reply.Flags.HasFlag(FinishedFlags.ScratchUntouched)))
            {
                pool.Return(host, reply);
            }
            else
            {
                pool.Retire(host, "its scratch folder could not be removed");
            }
        }
        else
        {
            pool.Retire(host, end.Stopped == StopReason.None ? "it crashed" : "its task was stopped");
        }
    }

    private RunLimits LimitsOf(CatalogueEntry entry) => new(
        entry.MemoryLimitBytes > 0 ? entry.MemoryLimitBytes : _options.MemoryLimitBytes,
        entry.CpuLimitSeconds > 0 ? entry.CpuLimitSeconds : _options.CpuLimitSeconds,
        _options.ScratchLimitBytes);

    private RunRequest ToRequest(ulong sequence, Guid token, RunningTask task, CatalogueEntry entry, string scratch, RunLimits limits) => new()
    {
        Sequence = sequence,
        OutputToken = token,
        LibraryPath = entry.LibraryPath,
        Algorithm = entry.Description.Name,
        ScratchDirectory = scratch,
        MemoryLimitBytes = (ulong)limits.MemoryBytes,
        CpuLimitSeconds = limits.CpuSeconds,
        FileSizeLimitBytes = (ulong)Math.Min(_options.FileSizeLimitBytes, limits.ScratchBytes),
        OpenFilesLimit = (uint)_options.OpenFilesLimit,
        Input = task.Message.Input,
    };

    /// <summary>Samples progress until the host answers or the attempt must stop. Returns why it must.</summary>
    private async Task<StopReason> WatchAsync(NativeHostProcess host, RunningTask task, Task finished, Watch watch)
    {
        var submission = task.Message.Submission;
        var timeout = TimeSpan.FromSeconds(submission.TimeoutSeconds);
        var reporter = new ProgressReporter(sender, worker, task);
        var demotion = new RunDemotion(sender, worker, task, host);
        var noProgress = submission.NoProgressTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        var (calls, calledAt) = (0UL, watch.Started);
        for (var sample = 1; ; sample++)
        {
            var left = timeout - time.GetElapsedTime(watch.Started);
            if (left <= TimeSpan.Zero)
            {
                return StopReason.Timeout;
            }

            var tick = left < SamplingClock.Interval ? Task.Delay(left, time) : clock.Next();
            var first = await Task.WhenAny(finished, task.StopRequested, tick);
            if (first != tick)
            {
                return first == finished ? StopReason.None : await task.StopRequested;
            }

            demotion.Look(watch.Slot, time.GetElapsedTime(watch.Started));
            var status = host.Page.Sample(host.Sequence);
            if (status.ProgressCalls != calls)
            {
                (calls, calledAt) = (status.ProgressCalls, time.GetTimestamp());
                task.Progress = (status.Percent, status.Stage);
                AlgorithmActivitySource.NoteStage(Activity.Current, status.Percent, status.Stage);
                reporter.Report(status);
            }
            else if (time.GetElapsedTime(calledAt) >= noProgress)
            {
                return StopReason.NoProgress;
            }

            if (sample % SamplesPerScratchLook == 0 && ScratchFolders.Exceeds(watch.Scratch, watch.Limits.ScratchBytes))
            {
                return StopReason.ScratchLimit;
            }
        }
    }

    /// <summary>Ends the host and everything it started; returns when all of it is gone, with what native code did to the channel.</summary>
    private async Task<(HostExit Exit, string? ChannelProblem)> EndAsync(NativeHostProcess host, Task finished, StopReason stopped)
    {
        var problem = host.ChannelProblem;

        // Work that another attempt may already be doing, or that fills the disk, is not asked politely.
        if (stopped is StopReason.Cancelled or StopReason.Timeout or StopReason.NoProgress)
        {
            host.AskToStop();
            if (!await EndedWithinAsync(Task.WhenAny(finished, host.Exit), _options.StopGrace))
            {
                host.Terminate();
                await EndedWithinAsync(host.Exit, _options.TerminateGrace);
            }
        }
        else if (stopped == StopReason.None && problem is null && !await EndedWithinAsync(host.Exit, _options.TerminateGrace))
        {
            // A process that is about to end closes it too: this one has only closed its descriptors.
            problem = "It was closed, and the process went on.";
        }

        host.Kill();
        return (await host.Exit, problem);
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

    /// <summary>The end of the output comes with its marker, or because nobody is left who could print.</summary>
    private static TimeSpan OutputLimit(FinishedReply? reply, FinishedFlags marked) =>
        reply is null || reply.Flags.HasFlag(marked) ? s_outputLimit : s_unmarkedLimit;

    /// <summary>What is watched besides the host itself.</summary>
    private readonly record struct Watch(long Started, string Scratch, RunLimits Limits, IRunSlot Slot);
}
