using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.State;

/// <summary>All states and all triggers, against the table of docs/task-states.md.</summary>
public sealed class TaskStateTableTests
{
    public static TheoryData<string, string, string> Cells()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "task-states.md"))
            .SkipWhile(line => !line.StartsWith("| state |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .ToArray();
        var cells = new TheoryData<string, string, string>();
        foreach (var row in rows.Skip(2))
        {
            for (var column = 1; column < row.Length; column++)
            {
                cells.Add(row[0], rows[0][column], row[column]);
            }
        }

        return cells;
    }

    [Fact]
    public void Cells_OfThePage_AreAllStatesTimesAllTriggers() => Assert.Equal(7 * 12, Cells().Count);

    [Theory]
    [MemberData(nameof(Cells))]
    public void Apply_InEachState_DoesWhatThePageSays(string state, string trigger, string expected)
    {
        var record = In(state);

        var result = TaskStateMachine.Apply(record, Trigger(trigger, record), Records.Start.AddMinutes(1), Records.Options);

        Assert.Equal(expected, Describe(result));
        if (result is TransitionResult.Applied applied)
        {
            Assert.Equal(record.Version + 1, applied.Record.Version);
            Assert.Equal(applied.Record.IsTerminal, applied.Timer is null);
            Assert.Equal(applied.Record.IsTerminal, applied.Record.FinishedAt is not null);
        }
    }

    private static TaskRecord In(string state)
    {
        var now = Records.Start.AddSeconds(2);
        var processing = Records.Processing();
        return state switch
        {
            "pending" => Records.Pending(),
            "processing" => processing,
            "cancelling" => Records.Then(processing, new TaskTrigger.Cancel(), now),
            "completed" => Records.Then(processing, Records.Finish(processing, TaskOutcome.Completed), now),
            "failed" => Records.Then(processing, Records.Finish(processing, TaskOutcome.Error), now),
            "cancelled" => Records.Then(Records.Pending(), new TaskTrigger.Cancel(), now),
            "timed_out" => Records.Then(processing, Records.Finish(processing, TaskOutcome.TimedOut), now),
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of the page"),
        };
    }

    private static TaskTrigger Trigger(string name, TaskRecord record) => name switch
    {
        "claim" => new TaskTrigger.Claim(record.Dispatch, "another-claim", "worker-2"),
        "progress" => new TaskTrigger.Progress(1, "claim-1", 1, 50, "half"),
        "completed" => Records.Finish(record, TaskOutcome.Completed, sequence: 11),
        "error" => Records.Finish(record, TaskOutcome.Error, sequence: 11),
        "retryable-error" => Records.Finish(record, TaskOutcome.Error, retryable: true, sequence: 11),
        "crash" => Records.Finish(record, TaskOutcome.Crash, retryable: true, sequence: 11),
        "timed-out" => Records.Finish(record, TaskOutcome.TimedOut, sequence: 11),
        "stopped" => Records.Finish(record, TaskOutcome.Cancelled, sequence: 11),
        "release" => new TaskTrigger.Release(1, "claim-1", 11, ReleaseReason.Draining),
        "cancel" => new TaskTrigger.Cancel(),
        "timer" => new TaskTrigger.TimerDue(Published: false, Ticket: 0),
        "dead-letter" => new TaskTrigger.DeadLettered(record.Dispatch),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a trigger of the page"),
    };

    private static string Describe(TransitionResult result) => result switch
    {
        TransitionResult.Unchanged => "=",
        TransitionResult.Refused refused => refused.Reason.ToString().ToLowerInvariant(),
        TransitionResult.Applied { Record.State: TaskState.TimedOut } => "timed_out",
        TransitionResult.Applied applied => applied.Record.State.ToString().ToLowerInvariant(),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "not a result"),
    };
}
