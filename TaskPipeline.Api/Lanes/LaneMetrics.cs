using System.Diagnostics.Metrics;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Api.Lanes;

/// <summary>What is known of the lanes, as gauges by lane, and who was refused; docs/observability.md lists it. Thread safe.</summary>
internal sealed class LaneMetrics
{
    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    private readonly Counter<long> _refused;

    public LaneMetrics(IMeterFactory meters, LaneBoard board)
    {
        var meter = meters.Create(ApiMetrics.MeterName);
        _refused = meter.CreateCounter<long>("taskpipeline.lanes.refused", "{task}", "Tasks refused because they would have to wait too long");
        meter.CreateObservableGauge("taskpipeline.lanes.depth", () => s_lanes.Select(lane => Measure(lane, board.Depth(lane))), "{task}", "Tasks that wait");
        meter.CreateObservableGauge(
            "taskpipeline.lanes.predicted_wait",
            () => s_lanes.Where(_ => board.Forecast.Fleet.Slots > 0).Select(lane => Measure(lane, board.Forecast.Told(lane, board.Depth(lane)) ?? 0)),
            "s",
            "The wait that a task which came now would be told");
        meter.CreateObservableGauge("taskpipeline.lanes.load", () => s_lanes.Select(lane => Measure(lane, board.Forecast.Fleet.Load.Of(lane))), "{slot}", "The slots that a lane keeps busy");
        meter.CreateObservableGauge("taskpipeline.lanes.reserved_slots", () => board.Forecast.Fleet.Reserved, "{slot}", "The slots that long and background tasks leave alone");
    }

    public void Refused(Lane lane) => _refused.Add(1, Tag(lane));

    private static Measurement<T> Measure<T>(Lane lane, T value)
        where T : struct => new(value, Tag(lane));

    private static KeyValuePair<string, object?> Tag(Lane lane) => new(TelemetryNames.Lane, Topology.LaneName(lane));
}
