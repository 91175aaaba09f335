using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.Scheduling;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Draining: {Count} tasks may finish")]
    public static partial void Draining(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Task {TaskId} could not be executed; its lease will end and it is tried again")]
    public static partial void ExecutionFailed(ILogger logger, Exception exception, TaskId taskId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Task {TaskId} dispatch {Dispatch} is not ours: {Verdict}")]
    public static partial void ClaimRefused(ILogger logger, TaskId taskId, int dispatch, VerdictKind verdict);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Task {TaskId} attempt {Attempt} of {Algorithm} completed")]
    public static partial void AttemptCompleted(ILogger logger, TaskId taskId, int attempt, string algorithm);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {TaskId} attempt {Attempt} of {Algorithm} ended: {Outcome}")]
    public static partial void AttemptEnded(ILogger logger, TaskId taskId, int attempt, string algorithm, TaskOutcome outcome);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {TaskId} attempt {Attempt} is given back: {Reason}")]
    public static partial void AttemptReleased(ILogger logger, TaskId taskId, int attempt, ReleaseReason reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {TaskId} has outstayed the lane {Lane}: it has run for more than {Seconds} s and moves to the slow account")]
    public static partial void Demoted(ILogger logger, TaskId taskId, Lane lane, double seconds);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Task {TaskId} has waited too long here and goes back to the lane {Lane}: another worker has room")]
    public static partial void GivenToOthers(ILogger logger, TaskId taskId, Lane lane);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {TaskId} attempt {Attempt} was overtaken and has been ended")]
    public static partial void AttemptOvertaken(ILogger logger, TaskId taskId, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Task {TaskId} attempt {Attempt} cannot be run here")]
    public static partial void CannotStart(ILogger logger, Exception exception, TaskId taskId, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId} attempt {Attempt} is given up unreported: the API did not answer before the worker had to end")]
    public static partial void GivenUp(ILogger logger, TaskId taskId, int attempt);
}
