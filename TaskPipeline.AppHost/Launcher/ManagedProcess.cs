using System.Diagnostics;
using System.Globalization;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>A process of the run: started again whenever it ends, until it is stopped. Thread safe.</summary>
/// <param name="name">Its name in the log.</param>
/// <param name="describe">Makes what to start, anew for each start.</param>
/// <param name="starter">Starts it.</param>
/// <param name="log">Takes its lines.</param>
internal sealed class ManagedProcess(string name, Func<ProcessStartInfo> describe, ProcessStarter starter, RunLog log) : IDisposable
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private Task _supervision = Task.CompletedTask;
    private volatile Process? _process;

    public string Name => name;

    /// <summary>Its id; null while it is down.</summary>
    public int? Id => _process is { HasExited: false } process ? process.Id : null;

    /// <summary>Starts it; returns when it runs.</summary>
    public async Task StartAsync()
    {
        var process = await StartOnceAsync();
        _supervision = SuperviseAsync(process);
    }

    /// <summary>Sends a signal, named as for kill(1).</summary>
    public async Task SignalAsync(string signal)
    {
        if (Id is { } id)
        {
            // .NET can only kill; asking needs the command.
            using var kill = Process.Start("/bin/kill", ["-s", signal, id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
    }

    /// <summary>Asks it to end, and ends it when it does not within the limit.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        await _stopping.CancelAsync();
        await SignalAsync("TERM");
        try
        {
            await _supervision.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            log.Write(name, $"did not end within {limit.TotalSeconds:0} s and is killed");
            _process?.Kill(entireProcessTree: true);
            await _supervision;
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _process?.Dispose();
    }

    private async Task SuperviseAsync(Process process)
    {
        while (true)
        {
            await process.WaitForExitAsync();
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            log.Write(name, $"ended with {process.ExitCode} and is started again");
            process.Dispose();
            try
            {
                await Task.Delay(s_again, TimeProvider.System, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            process = await StartOnceAsync();
        }
    }

    private async Task<Process> StartOnceAsync()
    {
        var start = describe();
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = await starter.StartAsync(start);
        process.OutputDataReceived += (_, line) => log.Write(name, line.Data);
        process.ErrorDataReceived += (_, line) => log.Write(name, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        _process = process;
        return process;
    }
}
