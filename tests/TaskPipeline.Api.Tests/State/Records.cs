using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.State;

/// <summary>Records in each state, made by the state machine itself.</summary>
internal static class Records
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly LifecycleOptions Options = new();

    public static TaskRecord Pending(int maxAttempts = 3) => new()
    {
        Id = TaskId.Create(Start),
        Version = 1,
        State = TaskState.Pending,
        Lane = Lane.Short,
        CreatedAt = Start,
        Dispatch = 1,
        Submission = new TaskSubmission
        {
            Algorithm = "primes",
            TimeoutSeconds = 50,
            StartBefore = Start.AddDays(7),
            MaxAttempts = maxAttempts,
        },
    };

    public static TaskRecord Processing(int maxAttempts = 3) => Then(Pending(maxAttempts), new TaskTrigger.Claim(1, "claim-1", "worker-1"), Start.AddSeconds(1));

    public static TaskRecord Then(TaskRecord record, TaskTrigger trigger, DateTimeOffset now) =>
        Assert.IsType<TransitionResult.Applied>(TaskStateMachine.Apply(record, trigger, now, Options)).Record;

    public static TaskTrigger.Finish Finish(TaskRecord record, TaskOutcome outcome, bool retryable = false, int sequence = 10) => new(new FinishedReport
    {
        Worker = record.Worker ?? "worker-1",
        TaskId = record.Id,
        ClaimId = record.ClaimId ?? "claim-1",
        Attempt = Math.Max(record.Attempt, 1),
        Sequence = sequence,
        Outcome = outcome,
        Retryable = retryable,
        Failure = outcome is TaskOutcome.Error or TaskOutcome.Crash or TaskOutcome.TimedOut
            ? new TaskFailure { Kind = outcome.ToString(), Message = "it failed" }
            : null,
    });
}
