using System.Diagnostics;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Diagnostics;

/// <summary>The spans of the worker.</summary>
internal static class AlgorithmActivitySource
{
    public const string Name = "TaskPipeline.Algorithm";

    private static readonly ActivitySource s_source = new(Name);

    /// <summary>One span for each attempt, in the trace that the submission began.</summary>
    public static Activity? StartRun(TaskMessage message, int attempt, string worker)
    {
        var activity = s_source.StartActivity($"run {message.Submission.Algorithm}", ActivityKind.Consumer, message.TraceParent);
        activity?.SetTag("taskpipeline.task.id", message.TaskId.ToString());
        activity?.SetTag("taskpipeline.task.attempt", attempt);
        activity?.SetTag("taskpipeline.worker.id", worker);
        activity?.SetTag("messaging.system", "rabbitmq");
        activity?.SetTag("messaging.destination.name", Topology.LaneQueue(message.Lane));
        return activity;
    }

    /// <summary>Notes how the attempt ended; a failure is an error of the span, a crash with its signal.</summary>
    public static void End(Activity? activity, TaskReport report)
    {
        if (activity is null || report is not FinishedReport finished)
        {
            return;
        }

        activity.SetTag("taskpipeline.outcome", finished.Outcome.ToString());
        if (finished.Failure is { } failure)
        {
            activity.SetStatus(ActivityStatusCode.Error, failure.Message);
            activity.SetTag("error.type", failure.Signal ?? failure.Kind);
        }
    }
}
