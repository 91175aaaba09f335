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

    /// <summary>0 while it is down. The id and not the process, which its supervision may dispose at any time.</summary>
    private volatile int _id;

    public string Name => name;

    /// <summary>Its id; null while it is down.</summary>
    public int? Id => _id is > 0 and var id ? id : null;

    /// <summary>Starts it; returns when it runs.</summary>
    public async Task StartAsync()
    {
        var process = await StartOnceAsync();
        _supervision = SuperviseAsync(process);
    }

    /// <summary>Sends a signal, named as for kill(1). Those that cannot be handled go to its whole group: the broker is a script and what it started.</summary>
    public async Task SignalAsync(string signal)
    {
        if (Id is { } id)
        {
            // .NET can only kill; asking needs the command.
            var target = ProcessStarter.HasGroups && signal is ("KILL" or "STOP" or "CONT") ? -id : id;
            using var kill = Process.Start("/bin/kill", ["-s", signal, "--", target.ToString(CultureInfo.InvariantCulture)]);
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
            await SignalAsync("KILL");
            await _supervision;
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task SuperviseAsync(Process process)
    {
        while (true)
        {
            await process.WaitForExitAsync();
            _id = 0;
            var exitCode = process.ExitCode;
            process.Dispose();
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            log.Write(name, $"ended with {exitCode} and is started again");
            try
            {
                await Task.Delay(s_again, TimeProvider.System, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            process = await StartOnceAsync();
            if (_stopping.IsCancellationRequested)
            {
                // Stopped while it was down: nobody has told this one to end.
                await SignalAsync("TERM");
            }
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
        _id = process.Id;
        return process;
    }
}
