using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Benchmarks.Inner;

/// <summary>One task as it looks on its way.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private const string ClaimId = "41c39f58530d431d9046ae32a7843744";
    private const string Worker = "machine-4711-beef";
    private const string TraceParent = "00-bc1c1495dcd3170d07f169a33ab3bbbf-141017d32755bc3f-00";

    private static readonly TaskSubmission s_submission = new() { Algorithm = "primes", TimeoutSeconds = 50, StartBefore = Now.AddDays(7), MaxAttempts = 3 };

    public static readonly TaskRecord Pending = new()
    {
        Id = TaskId.Create(Now),
        Version = 1,
        State = TaskState.Pending,
        Submission = s_submission,
        Lane = Lane.Short,
        CreatedAt = Now,
        Dispatch = 1,
        TraceParent = TraceParent,
    };

    public static readonly TaskMessage Message = new()
    {
        Schema = TaskMessage.CurrentSchema,
        TaskId = Pending.Id,
        Dispatch = 1,
        Attempt = 0,
        Lane = Lane.Short,
        CreatedAt = Now,
        PublishedAt = Now,
        Submission = s_submission,
        TraceParent = TraceParent,
        Input = """{"limit":10}"""u8.ToArray(),
    };

    public static readonly TaskTrigger Claim = new TaskTrigger.Claim(1, ClaimId, Worker);

    public static readonly StartedReport Started = new() { Worker = Worker, TaskId = Pending.Id, ClaimId = ClaimId, Dispatch = 1, TraceParent = TraceParent };

    public static readonly FinishedReport Finished = new()
    {
        Worker = Worker,
        TaskId = Pending.Id,
        ClaimId = ClaimId,
        Attempt = 1,
        Sequence = 1,
        Outcome = TaskOutcome.Completed,
        Result = """{"limit":10,"count":4}"""u8.ToArray(),
        Usage = new TaskUsage(0.0003, 0.0001, 5_000_000),
        Percent = 100,
        TraceParent = TraceParent,
    };
}
