using System.Text;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Callbacks;

/// <summary>
/// What the types of reports cannot say. A report that breaks a rule of the protocol is refused; one that only says too much is
/// cut to what a record keeps, because refusing the end of a task would lose it. Pure.
/// </summary>
internal static class ReportRules
{
    private const int MaxName = 100;
    private const int MaxText = 1_000;
    private const int MaxStage = 200;
    private const int MaxMany = 10_000;

    /// <summary>The report as it is to be applied, or what is wrong with it.</summary>
    public static (WorkerReport? Report, string? Problem) Apply(WorkerReport report)
    {
        var problem = report switch
        {
            { Worker: null or "" or { Length: > 200 } } => "worker must have 1 to 200 characters",
            AnnounceReport announce => Check(announce),
            HeartbeatReport heartbeat => Check(heartbeat),
            TaskReport task => Check(task),
            _ => null,
        };
        return problem is not null ? (null, problem) : (Cut(report), null);
    }

    private static string? Check(AnnounceReport report) => report switch
    {
        { Slots: < 0 or > MaxMany } => $"slots must lie between 0 and {MaxMany}",
        { Algorithms: null } or { Problems: null } => "algorithms and problems must be arrays",
        { Algorithms.Count: > MaxMany } => $"there must not be more than {MaxMany} algorithms",
        _ when report.Algorithms.Any(algorithm => algorithm is null || !IsName(algorithm.Name) || algorithm.Version is null || algorithm.Description is null) =>
            $"an algorithm has a name of 1 to {MaxName} characters without control characters, a version and a description",
        _ => null,
    };

    private static string? Check(HeartbeatReport report) => report switch
    {
        { Running: null } or { Running.Count: > MaxMany } => $"running must be an array of at most {MaxMany}",
        _ when report.Running.Any(attempt => attempt?.ClaimId is null) => "an attempt has a task, a number and a claim",
        { Busy: < 0 or > MaxMany } => $"busy must lie between 0 and {MaxMany}",
        _ => null,
    };

    private static string? Check(TaskReport report) => report switch
    {
        { ClaimId: null or "" or { Length: > 100 } } => "claimId must have 1 to 100 characters",
        { Message: { } message } when Check(message, report.TaskId) is { } problem => problem,
        AttemptReport { Attempt: < 1 } => "attempt must be 1 or more",
        AttemptReport { Sequence: < 1 } => "sequence must be 1 or more",
        FinishedReport finished => Check(finished),
        _ => null,
    };

    private static string? Check(FinishedReport report) => report switch
    {
        { Outcome: TaskOutcome.Lost or TaskOutcome.Released } => "no finished report has this outcome",
        { Outcome: not (TaskOutcome.Completed or TaskOutcome.Cancelled), Failure: null } => "a failure is missing",
        { Failure: { } failure } when failure.Kind is null || failure.Message is null => "a failure has a kind and a message",
        _ => null,
    };

    private static string? Check(TaskMessage message, TaskId id) => message switch
    {
        _ when message.TaskId != id => "message is of another task",
        { Schema: not TaskMessage.CurrentSchema } => "message is of an unknown schema",
        { Dispatch: < 1 } or { Attempt: < 0 } => "message has no dispatch or attempt",
        { Submission: null } => "message has no submission",
        _ when !IsName(message.Submission.Algorithm) || message.Submission.MaxAttempts < 1 => "message has no proper submission",
        _ => null,
    };

    private static bool IsName(string? name) => name is { Length: >= 1 and <= MaxName } && !name.Any(char.IsControl);

    private static WorkerReport Cut(WorkerReport report) => report switch
    {
        AnnounceReport announce => announce with
        {
            Algorithms = [.. announce.Algorithms.Select(algorithm => algorithm with { Version = Head(algorithm.Version, MaxName)!, Description = Head(algorithm.Description, MaxText)! })],
            Problems = [.. announce.Problems.Where(problem => problem is not null).Take(MaxName).Select(problem => Head(problem, MaxText)!)],
        },
        ProgressReport progress => progress with { Stage = Head(progress.Stage, MaxStage) },
        FinishedReport finished => Cut(finished),
        _ => report,
    };

    private static FinishedReport Cut(FinishedReport report)
    {
        var cut = report with
        {
            Stage = Head(report.Stage, MaxStage),
            Output = Tail(report.Output, CallbackProtocol.MaxOutputBytes),
            Failure = report.Failure is null ? null : report.Failure with
            {
                Kind = Head(report.Failure.Kind, MaxName)!,
                Message = Head(report.Failure.Message, MaxText)!,
                Stderr = Tail(report.Failure.Stderr, CallbackProtocol.MaxStderrBytes),
            },
        };
        if (report.Result is not { Length: > CallbackProtocol.MaxResultBytes })
        {
            return cut;
        }

        // Another attempt would make the same result.
        var failure = new TaskFailure { Kind = FailureKinds.Rejected, Message = $"The result is larger than {CallbackProtocol.MaxResultBytes} bytes" };
        return cut with { Outcome = TaskOutcome.Error, Result = null, Failure = failure, Retryable = false };
    }

    private static string? Head(string? text, int length) => text is null || text.Length <= length ? text : text[..length];

    /// <summary>The end of a text, at most so many bytes in UTF-8; a character that the cut would halve is left out.</summary>
    private static string? Tail(string? text, int bytes)
    {
        if (text is null || Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        var start = utf8.Length - bytes;
        while ((utf8[start] & 0xC0) == 0x80)
        {
            start++;
        }

        return Encoding.UTF8.GetString(utf8.AsSpan(start));
    }
}
