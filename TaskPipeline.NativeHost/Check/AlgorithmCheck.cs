using System.Globalization;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Check;

/// <summary>The checks of one algorithm. Each starts with hosts of its own, so that what one finds does not disturb the next.</summary>
internal sealed class AlgorithmCheck(CheckReport report, CheckOptions options, TimeProvider time)
{
    private const ulong TolerableGrowthBytes = 1024 * 1024;
    private const int FewestRuns = 4;

    // What the service waits between asking and ending the process.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_repetitionLimit = TimeSpan.FromSeconds(5);

    public async Task RunAsync(string algorithm, CancellationToken cancellationToken)
    {
        var input = options.Inputs.GetValueOrDefault(algorithm, "{}");
        var trial = await TryOnceAsync(algorithm, input, askToStop: false, options.RunLimit, cancellationToken).ConfigureAwait(false);
        if (!JudgeRun(algorithm, trial))
        {
            return;
        }

        JudgeManners(algorithm, trial);
        JudgeStop(algorithm, await TryOnceAsync(algorithm, input, askToStop: true, s_stopLimit, cancellationToken).ConfigureAwait(false));
        await CheckMemoryAsync(algorithm, input, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Trial> TryOnceAsync(string algorithm, string input, bool askToStop, TimeSpan limit, CancellationToken cancellationToken)
    {
        await using var host = new TrialHost(options.LibraryPath, time);
        return await host.RunAsync(options.LibraryPath, algorithm, input, askToStop, limit, cancellationToken).ConfigureAwait(false);
    }

    // Whether the other checks make sense.
    private bool JudgeRun(string algorithm, Trial trial)
    {
        var subject = $"{algorithm} run";
        switch (trial)
        {
            case { End: TrialEnd.Died }:
                report.Fail(subject, $"the process died: {trial.Exit}");
                return false;
            case { End: TrialEnd.StillRunning }:
                report.Fail(subject, $"it had not ended after {Text(options.RunLimit)}");
                return true;
            case { Reply.Status: HostStatus.Ok }:
                report.Ok(subject, $"{Text(trial.Took)}, result of {trial.Reply.Result?.Length ?? 0} bytes, {trial.Reply.PeakMemoryBytes / 1024} KiB at most");
                return true;
            case { Reply.Status: HostStatus.InvalidInput } when !options.Inputs.ContainsKey(algorithm):
                report.Note(subject, $"it refuses the input {{}}: {trial.Reply.Message}; give it one with --input {algorithm}=JSON");
                return false;
            default:
                report.Fail(subject, $"{trial.Reply!.Status}: {trial.Reply.Message}");
                return false;
        }
    }

    private void JudgeManners(string algorithm, Trial trial)
    {
        if (trial.Regressions > 0)
        {
            report.Fail($"{algorithm} progress", $"it went backwards {trial.Regressions} times");
        }
        else
        {
            report.Ok($"{algorithm} progress", "never goes backwards");
        }

        if (trial.PrintedBytes > 0)
        {
            report.Note($"{algorithm} output", $"it prints on standard output ({trial.PrintedBytes} bytes): that becomes the output of the task");
        }

        if (trial.Reply?.Flags.HasFlag(FinishedFlags.SubtreeNotEmpty) == true)
        {
            report.Fail($"{algorithm} processes", "it leaves a process behind");
        }

        if (trial.Reply is { } reply && (reply.Flags & (FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked)) != (FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked))
        {
            report.Fail($"{algorithm} descriptors", "it closes or replaces standard output or standard error");
        }
    }

    private void JudgeStop(string algorithm, Trial trial)
    {
        var subject = $"{algorithm} stop";
        switch (trial)
        {
            case { Reply.Status: HostStatus.Stopped }:
                report.Ok(subject, $"{Text(trial.Took)} after it was asked");
                break;
            case { End: TrialEnd.StillRunning }:
                report.Fail(subject, $"deaf: still running {Text(s_stopLimit)} after it was asked, when the service ends the process");
                break;
            case { End: TrialEnd.Died }:
                report.Fail(subject, $"the process died when it was asked: {trial.Exit}");
                break;
            default:
                report.Note(subject, $"it went on to its end, {Text(trial.Took)} after it was asked");
                break;
        }
    }

    private async Task CheckMemoryAsync(string algorithm, string input, CancellationToken cancellationToken)
    {
        var subject = $"{algorithm} memory";
        var sizes = new List<ulong>();
        var started = time.GetTimestamp();
        await using (var host = new TrialHost(options.LibraryPath, time))
        {
            while (sizes.Count < options.Runs && (sizes.Count == 0 || time.GetElapsedTime(started) < s_repetitionLimit))
            {
                var trial = await host.RunAsync(options.LibraryPath, algorithm, input, askToStop: false, options.RunLimit, cancellationToken).ConfigureAwait(false);
                if (trial.Reply is null)
                {
                    report.Fail(subject, $"run {sizes.Count + 1} in one process did not end well: {(trial.End == TrialEnd.Died ? trial.Exit : "it hung")}");
                    return;
                }

                sizes.Add(trial.Reply.MemoryBytes);
            }
        }

        JudgeGrowth(subject, sizes);
    }

    // The first quarter fills caches and heaps; what grows after it will grow for ever.
    private void JudgeGrowth(string subject, List<ulong> sizes)
    {
        var settled = sizes.Count / 4;
        if (sizes.Count < FewestRuns || sizes[^1] == 0)
        {
            report.Note(subject, $"{sizes.Count} runs are too few to tell");
        }
        else if (sizes[^1] > sizes[settled] + TolerableGrowthBytes)
        {
            var perRun = (sizes[^1] - sizes[settled]) / (ulong)(sizes.Count - 1 - settled);
            report.Fail(subject, $"it grew by {perRun / 1024} KiB with each of {sizes.Count} runs");
        }
        else
        {
            report.Ok(subject, $"steady over {sizes.Count} runs in one process, {sizes[^1] / 1024} KiB");
        }
    }

    private static string Text(TimeSpan time) => time.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");
}
