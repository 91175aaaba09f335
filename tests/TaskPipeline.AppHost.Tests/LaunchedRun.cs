using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.AppHost.Tests;

/// <summary>The built launcher as a process, as run.sh starts it. Dispose kills what is left of it.</summary>
internal sealed class LaunchedRun : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    /// <summary>Of a launcher that is killed, what it would have removed.</summary>
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("tp-launched-");

    private readonly Process _process;
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly List<string> _lines = [];

    /// <summary>Guarded by <see cref="_lock"/>: completed and replaced with each line.</summary>
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LaunchedRun(params string[] arguments)
    {
        var start = new ProcessStartInfo(BuildOutput.Executable("TaskPipeline.AppHost"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMPDIR"] = _temporary.FullName;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything it said.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join(Environment.NewLine, _lines);
            }
        }
    }

    /// <summary>Waits for a line that begins so; the line.</summary>
    public async Task<string> ExpectAsync(string begin, int count = 1)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            Task said;
            lock (_lock)
            {
                var found = _lines.Where(line => line.StartsWith(begin, StringComparison.Ordinal)).ToArray();
                if (found.Length >= count)
                {
                    return found[count - 1];
                }

                said = _said.Task;
            }

            try
            {
                await said.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"It did not say '{begin}' but:{Environment.NewLine}{Output}");
            }
        }
    }

    /// <summary>Sends a signal, named as for kill(1).</summary>
    public Task SignalAsync(string signal) => SignalAsync(_process.Id, signal);

    public static async Task SignalAsync(int id, string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-s", signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end; the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>All processes below it.</summary>
    public IReadOnlyList<ProcessTable.Entry> Descendants() => ProcessTable.Read().DescendantsOf(_process.Id);

    /// <summary>Waits until none of the processes is left.</summary>
    public static async Task ExpectGoneAsync(IReadOnlyList<ProcessTable.Entry> processes)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (processes.Where(process => process.IsAlive).ToArray() is { Length: > 0 } left)
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"still there: {string.Join("; ", left)}");
            }

            // The end of a process that is not one's own child is told by no event.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    public void Dispose()
    {
        foreach (var id in Descendants().Select(process => process.Id).Append(_process.Id))
        {
            try
            {
                using var left = Process.GetProcessById(id);
                left.Kill();
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
            {
                // It has ended.
            }
        }

        _process.Dispose();
        try
        {
            _temporary.Delete(recursive: true);
        }
        catch (IOException)
        {
            // One that was killed just now may still write.
        }
    }

    private void Add(string? line)
    {
        lock (_lock)
        {
            _lines.Add(line ?? "");
            _said.SetResult();
            _said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
