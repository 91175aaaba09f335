using System.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Api.Diagnostics;

/// <summary>The spans of the API. Each joins the trace that the task's submission began, whoever causes it; docs/observability.md lists them.</summary>
internal static class ApiActivitySource
{
    public const string Name = "TaskPipeline.Api";

    /// <summary>One dispatch of a task: from the decision to the broker's confirm.</summary>
    public const string Dispatch = "dispatch";

    /// <summary>A due timer of a task: a retry, a lost worker, a deadline, a dispatch that was not confirmed.</summary>
    public const string Timer = "timer";

    /// <summary>One report about a task; several come in one request.</summary>
    public const string Report = "report";

    /// <summary>While nobody listens nothing of a span is worked out, not even its name.</summary>
    private static readonly ActivitySource s_source = new(Name);

    /// <summary>Below what is under way for the task; from a timer or another task's request, below the submission.</summary>
    public static Activity? StartDispatch(TaskRecord record)
    {
        var activity = Start(Dispatch, record.Submission.Algorithm, record);
        activity?.SetTag(TelemetryNames.Dispatch, record.Dispatch);
        activity?.SetTag(TelemetryNames.Lane, Topology.LaneName(record.Lane));
        return activity;
    }

    public static Activity? StartTimer(TaskRecord record)
    {
        var activity = Start(Timer, subject: null, record);
        activity?.SetTag(TelemetryNames.State, TelemetryNames.Of(record.State));
        activity?.SetTag(TelemetryNames.Attempt, record.Attempt);
        return activity;
    }

    /// <summary>Below the worker's span that the report names, with a link to the request that brought it.</summary>
    public static Activity? StartReport(TaskReport report)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        var kind = KindOf(report);
        var links = Activity.Current is { } request ? (ActivityLink[])[new ActivityLink(request.Context)] : null;
        var activity = s_source.StartActivity($"{Report} {kind}", ActivityKind.Server, TelemetryNames.ToContext(report.TraceParent), tags: null, links);
        activity?.SetTag(TelemetryNames.TaskId, report.TaskId.ToString());
        activity?.SetTag(TelemetryNames.Worker, report.Worker);
        activity?.SetTag(TelemetryNames.Report, kind);
        activity?.SetTag(TelemetryNames.Attempt, (report as AttemptReport)?.Attempt);
        return activity;
    }

    /// <summary>Notes what the API answered.</summary>
    public static void End(Activity? report, ReportVerdict verdict)
    {
        report?.SetTag(TelemetryNames.Verdict, TelemetryNames.Of(verdict.Kind));
        if (verdict.Kind is VerdictKind.Retry or VerdictKind.Invalid)
        {
            report?.SetStatus(ActivityStatusCode.Error, verdict.Reason);
        }
    }

    /// <summary>Null, not the wrong trace, when the task has none of its own and nothing is under way.</summary>
    /// <param name="operation">What is done.</param>
    /// <param name="subject">To what, for the name of the span; null where the operation says all.</param>
    /// <param name="record">The task.</param>
    private static Activity? Start(string operation, string? subject, TaskRecord record)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        var name = subject is null ? operation : $"{operation} {subject}";
        var submission = TelemetryNames.ToContext(record.TraceParent);
        var activity = Activity.Current is { } current && (submission == default || current.TraceId == submission.TraceId)
            ? s_source.StartActivity(name, ActivityKind.Internal, current.Context)
            : s_source.StartActivity(name, ActivityKind.Internal, submission);
        activity?.SetTag(TelemetryNames.TaskId, record.Id.ToString());
        activity?.SetTag(TelemetryNames.Algorithm, record.Submission.Algorithm);
        return activity;
    }

    private static string KindOf(TaskReport report) => report switch
    {
        StartedReport => "started",
        ProgressReport => "progress",
        FinishedReport => "finished",
        ReleasedReport => "released",
        _ => throw new InvalidOperationException($"{report.GetType().Name} is not a report about a task"),
    };
}
