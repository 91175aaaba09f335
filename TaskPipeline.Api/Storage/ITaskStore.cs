using System.Globalization;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The tasks. Every change is one atomic compare-and-set of what <see cref="TaskStateMachine"/> decides, so two replicas
/// can never disagree. All times are by the clock of the store. Thread safe.
/// </summary>
/// <remarks>Every method throws <see cref="StoreUnavailableException"/> within about a second when the store cannot be reached.</remarks>
public interface ITaskStore
{
    /// <summary>Writes a new task with its timer, list and idempotency entries, atomically; with a key that is already used nothing is written.</summary>
    Task<SubmitResult> SubmitAsync(NewTask task, CancellationToken cancellationToken);

    /// <summary>What a submission with this key would find of an earlier one; null when the key is free.</summary>
    Task<SubmitResult?> FindAsync(IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>Reads a task whole; null when there is none.</summary>
    Task<StoredTask?> GetAsync(TaskId id, CancellationToken cancellationToken);

    /// <summary>Applies a trigger; null when there is no such task. Repeats itself when another replica was faster.</summary>
    Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger, CancellationToken cancellationToken);

    /// <summary>Begins a round of changes of several tasks.</summary>
    /// <param name="cancellationToken">Gives up waiting for the store.</param>
    ITaskRound BeginRound(CancellationToken cancellationToken);

    /// <summary>Notes that the broker confirmed the newest dispatches of these records; one that is no longer the newest is ignored.</summary>
    Task ConfirmPublishedAsync(IReadOnlyList<TaskRecord> records, CancellationToken cancellationToken);

    /// <inheritdoc cref="ConfirmPublishedAsync(IReadOnlyList{TaskRecord}, CancellationToken)"/>
    Task ConfirmPublishedAsync(TaskRecord record, CancellationToken cancellationToken) => ConfirmPublishedAsync([record], cancellationToken);

    /// <summary>Renews the leases of a worker's attempts; the verdicts stand in the order of the attempts.</summary>
    Task<IReadOnlyList<AttemptVerdict>> RenewAsync(IReadOnlyList<RunningAttempt> attempts, CancellationToken cancellationToken);

    /// <summary>Writes the record that a message remembers, if there is none: pending with its dispatch, or processing when <paramref name="attempt"/> is given. False when the message is older than the retention.</summary>
    Task<bool> RebuildAsync(TaskMessage message, RebuiltAttempt? attempt, CancellationToken cancellationToken);

    /// <summary>A page of tasks, newest first, without their input.</summary>
    Task<TaskPage> ListAsync(TaskFilter filter, TaskId? before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Takes due timers, so that no other replica serves them for some seconds: about <paramref name="limit"/>, an equal part of it from each
    /// shard. Those of a shard that cannot be reached do not stop the others.
    /// </summary>
    Task<DueTimers> TakeDueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the timers of published pending tasks whose queue this is due again, spread over <paramref name="spread"/>, because their messages
    /// were lost. Only tasks older than <paramref name="age"/>, doubled with each of their dispatches, so that a task whose message
    /// is not lost is not published for ever. Returns how many.
    /// </summary>
    Task<int> RepublishAsync(LaneQueue queue, TimeSpan spread, TimeSpan age, CancellationToken cancellationToken);

    /// <summary>Removes what has outlived its retention from lists and indexes: about <paramref name="limit"/>, an equal part of it from each shard.</summary>
    Task<Trimmed> TrimAsync(int limit, CancellationToken cancellationToken);

    /// <summary>How full the store is.</summary>
    Task<StoreUsage> GetUsageAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Changes of several tasks that are written together, which costs less than one by one. Each is still atomic by itself and has a result, or
/// a failure, of its own. Thread safe.
/// </summary>
public interface ITaskRound
{
    /// <inheritdoc cref="ITaskStore.ApplyAsync"/>
    /// <remarks>Nothing is applied before the round is sent. Two changes of one task are applied in any order: who cares waits for the first.</remarks>
    Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger);

    /// <summary>Sends the round. What is asked for later is sent as soon as what is under way is answered.</summary>
    void Send();
}

/// <summary>A task to write.</summary>
/// <param name="Submission">The submission.</param>
/// <param name="Input">The input: one JSON object.</param>
/// <param name="Lane">The lane.</param>
/// <param name="TraceParent">The trace context; null when not traced.</param>
/// <param name="Idempotency">The key; null without one.</param>
public sealed record NewTask(Func<DateTimeOffset, TaskSubmission> Submission, ReadOnlyMemory<byte> Input, Lane Lane, string? TraceParent, IdempotencyKey? Idempotency)
{
    /// <summary>What the task may claim of its lane.</summary>
    public LanePlace Place { get; init; } = LanePlace.Unlimited;

    /// <summary>Which runs of the algorithm its own is like; null when not known.</summary>
    public string? RunClass { get; init; }

    /// <summary>The wait that its lane was expected to mean, in seconds; null when not known.</summary>
    public double? ExpectedWaitSeconds { get; init; }

    /// <inheritdoc cref="TaskRecord.ReplyTo"/>
    public string? ReplyTo { get; init; }
}

/// <summary>What a task may claim of its lane's waiting room.</summary>
/// <param name="Client">Whose task it is.</param>
/// <param name="Cost">How much of the client's share it takes: seconds of run time by the client's weight.</param>
/// <param name="MaxAhead">It is refused when so many or more would start before it.</param>
/// <param name="HoldFrom">From so many waiting tasks on, the client's tasks beyond its share are held back.</param>
public sealed record LanePlace(string Client, double Cost, long MaxAhead, long HoldFrom)
{
    /// <summary>A place that nothing bounds.</summary>
    public static readonly LanePlace Unlimited = new("", Cost: 1, MaxAhead: long.MaxValue >> 12, HoldFrom: long.MaxValue >> 12);
}

/// <summary>An idempotency key and the bytes it stands for, both as SHA-256 in hexadecimal.</summary>
/// <param name="KeyHash">The hash of the key.</param>
/// <param name="BodyHash">The hash of the body.</param>
public sealed record IdempotencyKey(string KeyHash, string BodyHash)
{
    /// <summary>The tag of every task of the key: the last byte of its hash.</summary>
    public byte Tag => byte.Parse(KeyHash.AsSpan(KeyHash.Length - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

/// <summary>What became of a submission. A closed set.</summary>
public abstract record SubmitResult
{
    private SubmitResult()
    {
    }

    /// <summary>Written.</summary>
    /// <param name="Record">The new record.</param>
    /// <param name="Publish">Whether it is to be published now; false when it must wait for its time or its client's turn.</param>
    /// <param name="Ahead">How many tasks of its lane come before it; an estimate with several shards.</param>
    public sealed record Created(TaskRecord Record, bool Publish, long Ahead = 0) : SubmitResult;

    /// <summary>The key was used before with the same body.</summary>
    /// <param name="Id">The task of then.</param>
    public sealed record Existing(TaskId Id) : SubmitResult;

    /// <summary>The key was used before with another body.</summary>
    public sealed record KeyReused : SubmitResult;

    /// <summary>It would have to wait too long. With several shards the counts are estimates from that of the task.</summary>
    /// <param name="Lane">In which lane.</param>
    /// <param name="Ahead">How many tasks would come before it.</param>
    /// <param name="Mine">How many of its client wait.</param>
    /// <param name="Clients">How many clients have tasks that wait.</param>
    public sealed record Refused(Lane Lane, long Ahead, int Mine, int Clients) : SubmitResult;

    /// <summary>Too many tasks wait unpublished, or too many bytes are kept.</summary>
    /// <param name="Reason">Which.</param>
    public sealed record Full(string Reason) : SubmitResult;
}

/// <summary>A task whole.</summary>
/// <param name="Record">The record.</param>
/// <param name="Input">The input.</param>
/// <param name="Result">The result; null unless completed, and where the algorithm has none.</param>
/// <param name="Output">The output; null when there was none.</param>
public sealed record StoredTask(TaskRecord Record, ReadOnlyMemory<byte> Input, ReadOnlyMemory<byte>? Result, string? Output)
{
    /// <summary>Where it stands in its lane; null unless it is pending and somebody asked.</summary>
    public QueueEstimate? Queue { get; init; }
}

/// <summary>Where a task stands in its lane, and when that lets it start.</summary>
/// <param name="Position">1 is next; null for a task that is not due or waits for another attempt.</param>
/// <param name="EstimatedStartAt">When it has started with the probability <paramref name="Quantile"/>; null while there is no worker.</param>
/// <param name="Quantile">The share of tasks that start by then.</param>
public sealed record QueueEstimate(long? Position, DateTimeOffset? EstimatedStartAt, double Quantile);

/// <summary>A timer that is due.</summary>
/// <param name="Record">The record.</param>
/// <param name="Published">Whether the newest dispatch was confirmed.</param>
/// <param name="Ticket">Proves that the timer was taken by this caller; see <see cref="TaskTrigger.TimerDue"/>.</param>
public sealed record DueTimer(TaskRecord Record, bool Published, long Ticket);

/// <summary>Timers that were taken.</summary>
/// <param name="Timers">The timers.</param>
/// <param name="More">Whether more are likely to be due already.</param>
public sealed record DueTimers(IReadOnlyList<DueTimer> Timers, bool More);

/// <summary>What was removed.</summary>
/// <param name="Count">How many tasks.</param>
/// <param name="More">Whether more have likely outlived their retention already.</param>
public sealed record Trimmed(int Count, bool More);

/// <summary>What a running attempt must be given back after the store lost it.</summary>
/// <param name="Attempt">Its number.</param>
/// <param name="ClaimId">Its claim.</param>
/// <param name="Worker">Its worker.</param>
public sealed record RebuiltAttempt(int Attempt, string ClaimId, string Worker);

/// <summary>Which tasks to list.</summary>
/// <param name="State">Only in this state; null for all.</param>
/// <param name="Algorithm">Only of this algorithm; null for all.</param>
public sealed record TaskFilter(TaskState? State, string? Algorithm);

/// <summary>A page.</summary>
/// <param name="Items">The tasks.</param>
/// <param name="Next">The task after which the next page begins; null when nothing older follows.</param>
public sealed record TaskPage(IReadOnlyList<StoredTask> Items, TaskId? Next);

/// <summary>How full the store is.</summary>
/// <param name="Unpublished">Tasks that wait for the broker's confirm.</param>
/// <param name="UsedBytes">What the store's memory holds.</param>
public sealed record StoreUsage(long Unpublished, long UsedBytes);
