using System.Diagnostics;
using TaskPipeline.AppHost.Launcher;
using Xunit;

namespace TaskPipeline.Testing;

/// <summary>
/// A real server of a test, on free ports with a private data folder. It can be killed and started again on the same ports
/// with the same data. A fixture: for one class or collection of tests at a time.
/// </summary>
public abstract class BrokerServer : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    private readonly ProcessStarter _starter = new();
    private readonly StringWriter _output = new();
    private readonly RunLog _log;
    private readonly List<ManagedProcess> _running = [];

    private protected BrokerServer(int ports)
    {
        _log = new RunLog(_output);
        Ports = AppHost.Launcher.Ports.TakeFree(ports);
    }

    /// <summary>The port that clients connect to.</summary>
    public int Port => Ports[0];

    private protected int[] Ports { get; }

    private protected DataFolder Data { get; } = DataFolder.Open(path: null);

    /// <summary>Starts it; returns when it serves.</summary>
    public async Task StartAsync()
    {
        foreach (var (name, describe) in Describe())
        {
            var process = new ManagedProcess(name, describe, _starter, _log);
            await process.StartAsync();
            _running.Add(process);
        }

        using var limit = new CancellationTokenSource(s_startLimit);
        await AppHost.Launcher.Ports.WaitAsync(GetType().Name, Port, s_startLimit, limit.Token);
        await PrepareAsync(limit.Token);
    }

    /// <summary>Sends its processes a signal, named as for kill(1): STOP freezes it, CONT thaws it.</summary>
    public Task SignalAsync(string signal) => Task.WhenAll(_running.Select(process => process.SignalAsync(signal)));

    /// <summary>Ends it the hard way, or asks it to end; it stays down until it is started again.</summary>
    public async Task StopAsync(bool kill = false)
    {
        for (var n = _running.Count - 1; n >= 0; n--)
        {
            await _running[n].StopAsync(kill ? TimeSpan.Zero : s_stopLimit);
            _running[n].Dispose();
        }

        _running.Clear();
    }

    /// <inheritdoc/>
    public virtual Task InitializeAsync() => StartAsync();

    /// <inheritdoc/>
    public virtual Task DisposeAsync() => StopAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _starter.Dispose();
        Data.Dispose();
        _output.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What it needs once it listens.</summary>
    private protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Kills one of its processes, which stays down until the server has been stopped and started again.</summary>
    private protected Task KillAsync(int process) => _running[process].StopAsync(TimeSpan.Zero);

    /// <summary>Its processes in the order of their start.</summary>
    private protected abstract IEnumerable<(string Name, Func<ProcessStartInfo> Describe)> Describe();
}
