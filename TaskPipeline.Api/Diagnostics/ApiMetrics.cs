using System.Diagnostics;
using System.Diagnostics.Metrics;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Api.Diagnostics;

/// <summary>What the API counts; docs/observability.md lists it. Thread safe.</summary>
internal sealed class ApiMetrics
{
    public const string MeterName = "TaskPipeline.Api";

    private readonly Counter<long> _submitted;
    private readonly Counter<long> _finished;
    private readonly Histogram<double> _queueWait;

    /// <summary>Negative until it was looked up.</summary>
    private long _unpublished = -1;

    public ApiMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _submitted = meter.CreateCounter<long>("taskpipeline.tasks.submitted", "{task}", "Tasks accepted");
        _finished = meter.CreateCounter<long>("taskpipeline.tasks.finished", "{task}", "Tasks that reached a terminal state");
        _queueWait = meter.CreateHistogram("taskpipeline.tasks.queue_wait", "s", "From the moment a task may start to the grant of its first attempt", tags: null, Buckets.Seconds);
        meter.CreateObservableGauge("taskpipeline.tasks.unpublished", ObserveUnpublished, "{task}", "Tasks that wait for the broker's confirm");
    }

    public void Submitted(string algorithm, Lane lane) =>
        _submitted.Add(1, new(TelemetryNames.Algorithm, algorithm), new(TelemetryNames.Lane, Topology.LaneName(lane)));

    /// <summary>A stored change. Called once for each, by the replica that won the write.</summary>
    public void Changed(TaskRecord before, TaskRecord after)
    {
        if (after is { State: TaskState.Processing, Attempt: 1, StartedAt: { } startedAt } && before.Attempt == 0)
        {
            var due = after.Submission.NotBefore > after.CreatedAt ? after.Submission.NotBefore.Value : after.CreatedAt;
            _queueWait.Record(Math.Max(0, (startedAt - due).TotalSeconds), new KeyValuePair<string, object?>(TelemetryNames.Lane, Topology.LaneName(after.Lane)));
        }

        if (after.IsTerminal && !before.IsTerminal)
        {
            var tags = new TagList { { TelemetryNames.Algorithm, after.Submission.Algorithm }, { TelemetryNames.State, TelemetryNames.Of(after.State) } };
            if (after.Failure is { } failure)
            {
                tags.Add(TelemetryNames.FailureKind, failure.Kind);
            }

            _finished.Add(1, tags);
        }
    }

    public void SetUnpublished(long count) => Interlocked.Exchange(ref _unpublished, count);

    private IEnumerable<Measurement<long>> ObserveUnpublished() =>
        Interlocked.Read(ref _unpublished) is >= 0 and var count ? [new Measurement<long>(count)] : [];
}
