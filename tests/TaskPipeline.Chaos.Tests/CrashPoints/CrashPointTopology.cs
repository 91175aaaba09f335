using System.Globalization;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Faults;
using TaskPipeline.Chaos.Load;
using TaskPipeline.ServiceDefaults;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Tests.CrashPoints;

/// <summary>A run whose processes die at the points that a test arms. What has died is started again, as always.</summary>
public sealed class CrashPointTopology : RunningTopology, IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private readonly string _folder = Directory.CreateTempSubdirectory("taskpipeline-crash-").FullName;
    private ApiClient? _client;
    private HealthProbe? _probe;

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
        _probe = new HealthProbe(Topology);
    }

    /// <summary>From now on the first process that reaches the point dies there.</summary>
    internal void Arm(string point) => File.WriteAllText(Path.Combine(_folder, point), "");

    /// <summary>Waits until a process has died at the point.</summary>
    internal Task ReachedAsync(string point) =>
        WaitAsync($"{point} reached", _ => Task.FromResult(File.Exists(Path.Combine(_folder, point + CrashPoint.ReachedSuffix))));

    /// <summary>Waits until everything that died is back.</summary>
    internal Task WholeAsync() => WaitAsync("everything back", _probe!.IsWholeAsync);

    /// <summary>Waits for a condition that no event tells of.</summary>
    /// <exception cref="TimeoutException">It did not come about within the limit.</exception>
    internal async Task WaitAsync(string what, Func<CancellationToken, Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            while (!await condition(limit.Token))
            {
                await Task.Delay(s_look, TimeProvider.System, limit.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"not within {s_limit.TotalSeconds:0} s: {what}{Environment.NewLine}{Log}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.Dispose();
        _probe?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
