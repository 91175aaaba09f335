using TaskPipeline.Contracts;

namespace TaskPipeline.Api.State;

/// <summary>The ways on that several triggers share.</summary>
internal static class Transitions
{
    /// <summary>Ends the task for good.</summary>
    public static TransitionResult.Applied End(TaskRecord record, TaskState state, TaskFailure? failure, DateTimeOffset now) => new(
        record with
        {
            Version = record.Version + 1,
            State = state,
            Failure = failure,
            FinishedAt = now,
            ClaimId = null,
            NextAttemptAt = null,
        },
        Timer: null,
        Publish: false);

    /// <summary>Publishes the task as its next dispatch, now.</summary>
    public static TransitionResult.Applied Dispatch(TaskRecord record, DateTimeOffset now, LifecycleOptions options)
    {
        var deadline = TaskStateMachine.StartDeadline(record, options);
        var again = now + options.RepublishAfter;
        return new TransitionResult.Applied(
            ToPending(record) with { Dispatch = record.Dispatch + 1 },
            again < deadline ? again : deadline,
            Publish: true);
    }

    /// <summary>Lets the task wait before its next dispatch.</summary>
    public static TransitionResult.Applied Wait(TaskRecord record, TimeSpan delay, DateTimeOffset now)
    {
        var due = now + delay;
        return new TransitionResult.Applied(ToPending(record) with { NextAttemptAt = due }, due, Publish: false);
    }

    /// <summary>The wait before try number <paramref name="number"/> (from 1): doubled with each, up to a quarter longer or shorter.</summary>
    /// <remarks>The jitter comes from the id, so that the state machine stays a pure function; ids end in random bits.</remarks>
    public static TimeSpan BackOff(TaskRecord record, int number, TimeSpan first, TimeSpan longest)
    {
        var doubled = first.Ticks * Math.Pow(2, Math.Min(number - 1, 30));
        var jitter = (((uint)HashCode(record, number) % 1000) / 2000.0) - 0.25;
        return TimeSpan.FromTicks((long)(Math.Min(doubled, longest.Ticks) * (1 + jitter)));
    }

    private static int HashCode(TaskRecord record, int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        record.Id.Value.TryWriteBytes(bytes);
        return (BitConverter.ToInt32(bytes[12..]) * 31) + (number * 7919);
    }

    private static TaskRecord ToPending(TaskRecord record) => record with
    {
        Version = record.Version + 1,
        State = TaskState.Pending,
        ClaimId = null,
        Worker = null,
        NextAttemptAt = null,
        Progress = 0,
        Stage = null,
        Sequence = 0,
    };
}
