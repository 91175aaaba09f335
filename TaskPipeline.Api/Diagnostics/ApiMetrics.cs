using System.Diagnostics.Metrics;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Diagnostics;

/// <summary>What the API counts. Thread safe.</summary>
internal sealed class ApiMetrics
{
    public const string MeterName = "TaskPipeline.Api";

    private readonly Counter<long> _submitted;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _queueWait;

    public ApiMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _submitted = meter.CreateCounter<long>("taskpipeline.tasks.submitted", "{task}", "Tasks accepted");
        _ended = meter.CreateCounter<long>("taskpipeline.tasks.ended", "{task}", "Tasks that reached a terminal state");
        _queueWait = meter.CreateHistogram<double>("taskpipeline.tasks.queue_wait", "s", "From creation to the first start");
    }

    public void Submitted(string algorithm, Lane lane) => _submitted.Add(1, new("algorithm", algorithm), new("lane", Topology.LaneName(lane)));

    public void Ended(string algorithm, TaskState state) => _ended.Add(1, new("algorithm", algorithm), new("state", state.ToString()));

    public void Started(Lane lane, TimeSpan wait) => _queueWait.Record(wait.TotalSeconds, new KeyValuePair<string, object?>("lane", Topology.LaneName(lane)));
}
