using System.Diagnostics;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Algorithm.Diagnostics;

/// <summary>The spans of the worker, all below the delivery that brought the task; docs/observability.md lists them.</summary>
internal static class AlgorithmActivitySource
{
    public const string Name = "TaskPipeline.Algorithm";

    /// <summary>From the moment a slot is free for a delivery to the answer to its claim.</summary>
    public const string Claim = "claim";

    /// <summary>One attempt, from its grant to the answer to its last report.</summary>
    public const string Run = "run";

    /// <summary>A delivery that is published once more, for a worker that has room.</summary>
    public const string GiveBack = "give back";

    private static readonly ActivitySource s_source = new(Name);

    public static Activity? StartGiveBack(Delivery delivery, string worker) => Start(GiveBack, ActivityKind.Internal, delivery, worker);

    public static Activity? StartClaim(Delivery delivery, string worker) => Start(Claim, ActivityKind.Client, delivery, worker);

    public static Activity? StartRun(Delivery delivery, int attempt, string worker)
    {
        var activity = Start(Run, ActivityKind.Consumer, delivery, worker);
        activity?.SetTag(TelemetryNames.Attempt, attempt);
        return activity;
    }

    /// <summary>Not a span: what is logged until it is disposed belongs to the task's trace.</summary>
    public static Activity Within(TaskMessage message)
    {
        var submission = TelemetryNames.ToContext(message.TraceParent);
        var activity = new Activity(nameof(Within));
        return (submission == default ? activity : activity.SetParentId(submission.TraceId, submission.SpanId, submission.TraceFlags)).Start();
    }

    /// <summary>Notes what the API answered to a claim.</summary>
    public static void End(Activity? claim, ReportVerdict verdict) => claim?.SetTag(TelemetryNames.Verdict, TelemetryNames.Of(verdict.Kind));

    /// <summary>Notes a stage of native code, once for as long as it lasts.</summary>
    public static void NoteStage(Activity? run, int percent, string? stage)
    {
        if (run is not null && stage is not null && LastStage(run) != stage)
        {
            run.AddEvent(new ActivityEvent(TelemetryNames.StageEvent, tags: new ActivityTagsCollection
            {
                [TelemetryNames.Stage] = stage,
                [TelemetryNames.Progress] = percent,
            }));
        }
    }

    /// <summary>Notes how the attempt ended; a failure is an error of the span, a crash with its signal.</summary>
    public static void End(Activity? run, TaskReport report)
    {
        run?.SetTag(TelemetryNames.Report, report is ReleasedReport ? "released" : "finished");
        if (run is null || report is not FinishedReport finished)
        {
            return;
        }

        NoteStage(run, finished.Percent ?? 0, finished.Stage);
        run.SetTag(TelemetryNames.Outcome, TelemetryNames.Of(finished.Outcome));
        if (finished.Failure is not { } failure)
        {
            return;
        }

        run.SetStatus(ActivityStatusCode.Error, failure.Message);
        run.SetTag(TelemetryNames.ErrorType, failure.Signal ?? failure.Kind);
        run.SetTag(TelemetryNames.FailureKind, failure.Kind);
        run.SetTag(TelemetryNames.FailureSignal, failure.Signal);
        run.SetTag(TelemetryNames.FailureExitCode, failure.ExitCode);
        if (finished.Outcome == Contracts.TaskOutcome.Crash)
        {
            run.AddEvent(new ActivityEvent(TelemetryNames.CrashEvent, tags: new ActivityTagsCollection
            {
                [TelemetryNames.FailureSignal] = failure.Signal,
                [TelemetryNames.FailureExitCode] = failure.ExitCode,
            }));
        }
    }

    /// <summary>Below the delivery; below the submission when the message came without the context of its publication.</summary>
    private static Activity? Start(string name, ActivityKind kind, Delivery delivery, string worker)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        var message = delivery.Message;
        var parent = delivery.Context == default ? TelemetryNames.ToContext(message.TraceParent) : delivery.Context;
        var activity = s_source.StartActivity($"{name} {message.Submission.Algorithm}", kind, parent);
        activity?.SetTag(TelemetryNames.TaskId, message.TaskId.ToString());
        activity?.SetTag(TelemetryNames.Algorithm, message.Submission.Algorithm);
        activity?.SetTag(TelemetryNames.Lane, Topology.LaneName(message.Lane));
        activity?.SetTag(TelemetryNames.Dispatch, message.Dispatch);
        activity?.SetTag(TelemetryNames.Worker, worker);
        activity?.SetTag(TelemetryNames.MessagingSystem, "rabbitmq");
        activity?.SetTag(TelemetryNames.MessagingDestination, delivery.Queue.Name);
        activity?.SetTag(TelemetryNames.MessagingOperation, "process");
        activity?.SetTag(TelemetryNames.MessageId, $"{message.TaskId}/{message.Dispatch}");
        return activity;
    }

    private static string? LastStage(Activity run)
    {
        string? last = null;
        foreach (var @event in run.EnumerateEvents())
        {
            foreach (var tag in @event.EnumerateTagObjects())
            {
                last = tag.Key == TelemetryNames.Stage ? tag.Value as string : last;
            }
        }

        return last;
    }
}
