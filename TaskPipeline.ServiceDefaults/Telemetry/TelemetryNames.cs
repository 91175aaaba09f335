using System.Diagnostics;
using System.Text.Json;

namespace TaskPipeline.ServiceDefaults.Telemetry;

/// <summary>
/// The names of our attributes, in spans and metrics alike; those of OpenTelemetry's semantic conventions where they exist. Each is
/// a row of docs/observability.md. Ids are attributes of spans only: in a metric they would make a series of each task.
/// </summary>
public static class TelemetryNames
{
    /// <summary>The task's id.</summary>
    public const string TaskId = "taskpipeline.task.id";

    /// <summary>The number of the attempt, from 1.</summary>
    public const string Attempt = "taskpipeline.task.attempt";

    /// <summary>The number of the dispatch, from 1.</summary>
    public const string Dispatch = "taskpipeline.task.dispatch";

    /// <summary>The task's state, spelled as in the API.</summary>
    public const string State = "taskpipeline.task.state";

    /// <summary>The algorithm's name.</summary>
    public const string Algorithm = "taskpipeline.algorithm";

    /// <summary>The lane's name.</summary>
    public const string Lane = "taskpipeline.lane";

    /// <summary>The worker's id.</summary>
    public const string Worker = "taskpipeline.worker.id";

    /// <summary>How an attempt ended.</summary>
    public const string Outcome = "taskpipeline.outcome";

    /// <summary>Why it failed: <c>failure.kind</c> of the API.</summary>
    public const string FailureKind = "taskpipeline.failure.kind";

    /// <summary>The signal that ended native code, such as SIGSEGV.</summary>
    public const string FailureSignal = "taskpipeline.failure.signal";

    /// <summary>The exit code of native code that ended by itself.</summary>
    public const string FailureExitCode = "taskpipeline.failure.exit_code";

    /// <summary>What a report says: started, progress, finished or released.</summary>
    public const string Report = "taskpipeline.report";

    /// <summary>What the API answered.</summary>
    public const string Verdict = "taskpipeline.verdict";

    /// <summary>0 to 100.</summary>
    public const string Progress = "taskpipeline.progress";

    /// <summary>What native code said it was doing.</summary>
    public const string Stage = "taskpipeline.stage";

    /// <summary>The event of a run span for each stage of native code.</summary>
    public const string StageEvent = "stage";

    /// <summary>The event of a run span for native code that ended by itself or by a signal.</summary>
    public const string CrashEvent = "crash";

    /// <summary>The class of an error, by which errors are counted: the signal, or the failure's kind.</summary>
    public const string ErrorType = "error.type";

    /// <summary>The messaging system.</summary>
    public const string MessagingSystem = "messaging.system";

    /// <summary>The queue or exchange.</summary>
    public const string MessagingDestination = "messaging.destination.name";

    /// <summary>What is done with the message.</summary>
    public const string MessagingOperation = "messaging.operation.type";

    /// <summary>The message's id.</summary>
    public const string MessageId = "messaging.message.id";

    /// <summary>A value of a closed set, spelled as in the API: <c>TimedOut</c> is <c>timed_out</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The context of a W3C <c>traceparent</c> that another process wrote; default when it is null or none.</summary>
    public static ActivityContext ToContext(string? traceParent) =>
        ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var context) ? context : default;
}
