using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Load;
using TaskPipeline.ServiceDefaults;
using TaskPipeline.Testing;

namespace TaskPipeline.CrashPoints.Tests;

/// <summary>A run whose processes die at the points that a test arms. What has died is started again, as always.</summary>
public sealed class CrashPointTopology : RunningTopology, IAsyncLifetime, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("taskpipeline-crash-").FullName;
    private ApiClient? _client;

    internal Findings Findings { get; } = new();

    internal ApiClient Client => _client!;

    internal override LauncherOptions Options => new()
    {
        Apis = 2,
        Workers = 2,
        Slots = 2,
        Faults = true,
        Settings = new Dictionary<string, string>
        {
            [CrashPoint.FolderVariable] = _folder,
            ["Lifecycle__Lease"] = "00:00:03",
            ["Worker__Heartbeat"] = "00:00:00.8",
            ["Lifecycle__RetryDelay"] = "00:00:00.2",
            ["Lifecycle__RepublishAfter"] = "00:00:01",

            // A worker that is told to stop gives back what a second does not end.
            ["Worker__DrainGrace"] = "00:00:00.5",
        },
    };

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        _client = new ApiClient([.. Enumerable.Range(0, Options.Apis).Select(replica => new Uri(Topology.ApiAddress(replica)))], new LoadCounts(), Findings);
    }

    /// <summary>From now on the first process that reaches the point dies there.</summary>
    internal void Arm(string point) => File.WriteAllText(Path.Combine(_folder, point), "");

    /// <summary>Waits until a process has died at the point.</summary>
    internal Task ReachedAsync(string point) =>
        WaitAsync($"{point} reached", _ => Task.FromResult(File.Exists(Path.Combine(_folder, point + CrashPoint.ReachedSuffix))));

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
