using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests;

/// <summary>A run with leases that an outage of some seconds outlasts.</summary>
public sealed class RecoveryTopology : RunningTopology
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    internal override LauncherOptions Options => new()
    {
        Slots = 2,
        Faults = true,
        Settings = new Dictionary<string, string>
        {
            ["Lifecycle__Lease"] = Lease.ToString(),
            ["Worker__Heartbeat"] = "00:00:00.8",
            ["Lifecycle__RetryDelay"] = "00:00:00.2",
            ["Lifecycle__RepublishAfter"] = "00:00:01",
        },
    };
}
