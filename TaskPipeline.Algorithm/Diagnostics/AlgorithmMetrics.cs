using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Algorithm.Diagnostics;

/// <summary>What the worker counts; docs/observability.md lists it. Thread safe.</summary>
internal sealed class AlgorithmMetrics
{
    public const string MeterName = "TaskPipeline.Algorithm";

    private readonly Histogram<double> _runTime;
    private readonly Counter<long> _crashes;

    public AlgorithmMetrics(IMeterFactory meters, RunningTasks running, IOptions<WorkerOptions> options)
    {
        var meter = meters.Create(MeterName);
        _runTime = meter.CreateHistogram("taskpipeline.attempts.run_time", "s", "What native code took, from handing the task to its host to its end", tags: null, Buckets.Seconds);
        _crashes = meter.CreateCounter<long>("taskpipeline.hosts.crashes", "{crash}", "Hosts that native code brought down");
        meter.CreateObservableGauge("taskpipeline.slots.used", () => running.Busy, "{slot}", "Slots in use");
        meter.CreateObservableGauge("taskpipeline.slots.limit", () => options.Value.Slots, "{slot}", "Slots there are");
    }

    /// <summary>An attempt whose native code ran. Called within its span, which becomes the example of its measurement.</summary>
    public void Ended(string algorithm, FinishedReport report)
    {
        if (report.Usage is not { } usage)
        {
            // Nothing of it has run.
            return;
        }

        _runTime.Record(
            usage.WallSeconds, new(TelemetryNames.Algorithm, algorithm), new KeyValuePair<string, object?>(TelemetryNames.Outcome, TelemetryNames.Of(report.Outcome)));
        if (report is { Outcome: Contracts.TaskOutcome.Crash, Failure: { } failure })
        {
            var how = failure.Signal ?? "exit";
            _crashes.Add(1, new(TelemetryNames.Algorithm, algorithm), new KeyValuePair<string, object?>(TelemetryNames.FailureSignal, how));
        }
    }
}
