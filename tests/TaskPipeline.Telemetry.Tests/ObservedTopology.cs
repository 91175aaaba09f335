using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Telemetry.Tests.Otlp;
using TaskPipeline.Testing;

namespace TaskPipeline.Telemetry.Tests;

/// <summary>A run whose processes all report to one receiver, without delay.</summary>
public sealed class ObservedTopology : RunningTopology, IDisposable
{
    internal OtlpReceiver Receiver { get; } = new(Ports.TakeFree(1)[0]);

    internal override LauncherOptions Options => base.Options with
    {
        Settings = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Receiver.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["Lifecycle__RetryDelay"] = "00:00:00.2",
        },
    };

    /// <inheritdoc/>
    public void Dispose() => Receiver.Dispose();
}
