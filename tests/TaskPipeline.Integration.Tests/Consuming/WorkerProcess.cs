using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>A real worker with real hosts. It is not started again when it ends; dispose kills it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly ProcessStarter _starter = new();
    private readonly Process _process;
    private readonly StringWriter _log = new();

    private WorkerProcess(ProcessStarter starter, Process process)
    {
        _starter = starter;
        _process = process;
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>What it said so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public static async Task<WorkerProcess> StartAsync(string brokerUri, string apiAddress, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(BuildOutput.Executable("TaskPipeline.Algorithm")) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ConnectionStrings__rabbitmq"] = brokerUri;
        start.Environment["Callbacks__Address"] = apiAddress;
        start.Environment["Callbacks__Secret"] = ScriptedApi.Secret;
        start.Environment["Worker__Slots"] = "2";
        start.Environment["Worker__Heartbeat"] = "00:00:00.2";
        start.Environment["NativeHosts__HostPath"] = BuildOutput.NativeHost;
        start.Environment["NativeHosts__GuardPath"] = OperatingSystem.IsLinux() ? BuildOutput.Native("bin", "tp-guard") : "";
        start.Environment["NativeHosts__Libraries__0"] = BuildOutput.Native("lib");
        start.Environment["NativeHosts__Libraries__1"] = BuildOutput.Native("faults");
        start.Environment["Logging__LogLevel__Microsoft"] = "Warning";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var starter = new ProcessStarter();
        return new WorkerProcess(starter, await starter.StartAsync(start));
    }

    /// <summary>Sends a signal, named as for kill(1).</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end; the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The worker did not end. It said:{Environment.NewLine}{Log}");
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it the hard way.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _starter.Dispose();
        await _log.DisposeAsync();
    }

    private void Write(string? line)
    {
        lock (_log)
        {
            _log.WriteLine(line);
        }
    }
}
