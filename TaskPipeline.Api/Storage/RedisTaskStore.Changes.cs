using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <content>Changes of tasks: decided here on what is stored, written by a compare-and-set, decided again when that was not what is stored.</content>
internal sealed partial class RedisTaskStore
{
    public Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger, CancellationToken cancellationToken)
    {
        var round = BeginRound(cancellationToken);
        var applied = round.ApplyAsync(id, trigger);
        round.Send();
        return applied;
    }

    public ITaskRound BeginRound(CancellationToken cancellationToken) =>
        new Round(this, new RecordRound(shards, NewRunner(cancellationToken)), cancellationToken);

    private async Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger, RecordRound round, CancellationToken cancellationToken)
    {
        // What this replica wrote last is most likely still so. Only a change may rest on it, because only a change is compared.
        var current = _recent.Find(id);
        var isRead = false;
        for (var race = 0; race < MaxRaces; race++)
        {
            if (current is null)
            {
                current = await round.ReadAsync(id);
                isRead = true;
            }

            if (current is null)
            {
                return null;
            }

            var record = current.Record;
            var result = TaskStateMachine.Apply(record, trigger, clock.Now, _lifecycle);
            if (result is not TransitionResult.Applied applied)
            {
                if (!isRead)
                {
                    current = null;
                    continue;
                }

                if (result is TransitionResult.Unchanged { Timer: { } timer })
                {
                    await MoveTimerAsync(id, timer, trigger, cancellationToken);
                }

                return result;
            }

            var stamp = NewStamp(applied.Record);
            var answer = await round.WriteAsync(id, Change(current, applied, trigger, stamp));
            switch (answer.Kind)
            {
                case WriteKind.Written:
                    _recent.Keep(new StampedRecord(applied.Record, stamp));
                    metrics.Changed(record, applied.Record);
                    return applied;
                case WriteKind.Unknown:
                    _recent.Forget(id);
                    return null;
                case WriteKind.Moved:
                    return new TransitionResult.Unchanged(record);
                default:
                    // Another replica was faster, or the clock was off; the answer carries what is true now.
                    current = answer.Stored;
                    isRead = true;
                    continue;
            }
        }

        throw new StoreUnavailableException($"Task {id} changes faster than it can be changed");
    }

    /// <summary>
    /// Names one write and no other. The version alone would not: a Redis that lost its last second counts the same numbers again,
    /// with other content.
    /// </summary>
    private static string NewStamp(TaskRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.Version}.{Random.Shared.Next():x}");

    /// <summary>What <see cref="RedisTaskScripts.Apply"/> is given for one task.</summary>
    private static RedisValue[] Change(StampedRecord current, TransitionResult.Applied applied, TaskTrigger trigger, string stamp)
    {
        var before = current.Record;
        var after = applied.Record;

        // The output is that of the newest attempt: a claim begins with none, an end brings its own, also when that is none.
        var report = (trigger as TaskTrigger.Finish)?.Report;
        var output = trigger is TaskTrigger.Claim or TaskTrigger.Finish ? report?.Output ?? "" : null;
        var result = after.State == TaskState.Completed ? report?.Result ?? default : default;
        var reply = after.IsTerminal ? after.ReplyTo?.Split('/') : null;
        var record = Serialize(after);
        var started = (after.State == TaskState.Processing ? 1 : 0) - (before.State == TaskState.Processing ? 1 : 0);
        return
        [
            after.Id.ToString(), current.Stamp, stamp, record,
            applied.Timer is { } timer ? RedisClock.ToMicroseconds(timer) : "", trigger is TaskTrigger.TimerDue due ? due.Ticket : "",
            after.ClaimId is { } claim ? ClaimToken(after.Attempt, claim) : "", after.CancelRequested ? "1" : "", applied.Publish ? after.Dispatch : "",
            ShardKeys.IndexName(before.State, before.Submission.Algorithm), ShardKeys.IndexName(after.State, after.Submission.Algorithm),
            result, output ?? "", output is null ? "" : "1", ChangeMessage.Head(after, record.Length(), result.Length, output),
            before.State == TaskState.Pending && !applied.Publish ? "1" : "", ClientOf(after), Topology.LaneName(after.Lane), started == 0 ? "" : started,
            reply is [var replica, _] ? replica : "", reply is [_, var number] ? number : "", after.IdempotencyHash ?? "",
        ];
    }

    private sealed class Round(RedisTaskStore store, RecordRound records, CancellationToken cancellationToken) : ITaskRound
    {
        public Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger) => store.ApplyAsync(id, trigger, records, cancellationToken);

        public void Send() => records.Send();
    }
}
