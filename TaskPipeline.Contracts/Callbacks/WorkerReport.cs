using System.Text.Json.Serialization;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Contracts.Callbacks;

/// <summary>What a worker tells the API. A closed set; each is safe to repeat.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(AnnounceReport), "announce")]
[JsonDerivedType(typeof(HeartbeatReport), "heartbeat")]
[JsonDerivedType(typeof(DemotedReport), "demoted")]
[JsonDerivedType(typeof(StartedReport), "started")]
[JsonDerivedType(typeof(ProgressReport), "progress")]
[JsonDerivedType(typeof(FinishedReport), "finished")]
[JsonDerivedType(typeof(ReleasedReport), "released")]
public abstract record WorkerReport
{
    /// <summary>The worker, unique for each start of a worker process.</summary>
    public required string Worker { get; init; }

    /// <summary>The W3C trace context of what the report is about; null when not traced.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A report about one task. <see cref="Message"/> is attached only when the API answered <c>unknown</c> before.</summary>
public abstract record TaskReport : WorkerReport
{
    /// <summary>The task.</summary>
    public required TaskId TaskId { get; init; }

    /// <summary>A random id made by the worker for this try; the same one asked again gets the same answer.</summary>
    public required string ClaimId { get; init; }

    /// <summary>The message, for an API whose Redis lost the record; null otherwise.</summary>
    public TaskMessage? Message { get; init; }
}

/// <summary>Introduces a worker: at start, and whenever an answer asks for it.</summary>
public sealed record AnnounceReport : WorkerReport
{
    /// <summary>How many tasks it runs at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>What it can run.</summary>
    public required IReadOnlyList<AlgorithmDescription> Algorithms { get; init; }

    /// <summary>What is wrong with it, in sentences: libraries that were skipped, hosts that do not start.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}

/// <summary>Renews the leases of everything that a worker runs.</summary>
public sealed record HeartbeatReport : WorkerReport
{
    /// <summary>How many slots are in use.</summary>
    public required int Busy { get; init; }

    /// <summary>How many of them run on the slow account: long, background and demoted tasks.</summary>
    public int SlowBusy { get; init; }

    /// <summary>Deliveries that wait in the worker, by lane in the order of <see cref="Lane"/>; null for none.</summary>
    public IReadOnlyList<int>? Waiting { get; init; }

    /// <summary>The worker leaves: it takes nothing more and is not listed any longer.</summary>
    public bool Draining { get; init; }

    /// <summary>Every attempt that it holds.</summary>
    public required IReadOnlyList<RunningAttempt> Running { get; init; }
}

/// <summary>One attempt that a worker holds.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="ClaimId">The claim it was granted to.</param>
public sealed record RunningAttempt(TaskId TaskId, int Attempt, string ClaimId);

/// <summary>Asks for the task of a dispatch: the claim. Granted, or to be acknowledged and forgotten.</summary>
public sealed record StartedReport : TaskReport
{
    /// <summary>The dispatch that was delivered.</summary>
    public required int Dispatch { get; init; }
}

/// <summary>A report about an attempt that was granted.</summary>
public abstract record AttemptReport : TaskReport
{
    /// <summary>The attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Rises with each report of the attempt, from 1; a repeat carries the same number.</summary>
    public required int Sequence { get; init; }
}

/// <summary>How far an attempt is.</summary>
public sealed record ProgressReport : AttemptReport
{
    /// <summary>0 to 100.</summary>
    public required int Percent { get; init; }

    /// <summary>The text of the last progress; null when it had none.</summary>
    public string? Stage { get; init; }
}

/// <summary>How an attempt ended.</summary>
public sealed record FinishedReport : AttemptReport
{
    /// <summary>Any outcome but lost and released.</summary>
    public required TaskOutcome Outcome { get; init; }

    /// <summary>The result: one JSON value; null unless completed, and for algorithms that have none.</summary>
    [JsonConverter(typeof(NullableRawJsonConverter))]
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>What the native code printed; null when it printed nothing.</summary>
    public string? Output { get; init; }

    /// <summary>Why; null when completed or cancelled.</summary>
    public TaskFailure? Failure { get; init; }

    /// <summary>Whether another attempt may help; true for crashes and errors that the algorithm called retryable.</summary>
    public bool Retryable { get; init; }

    /// <summary>What it consumed.</summary>
    public TaskUsage? Usage { get; init; }

    /// <summary>How long it ran after it had outstayed its lane, in seconds; null when it did not.</summary>
    public double? DemotedSeconds { get; init; }

    /// <summary>The progress at the end; null when none was made.</summary>
    public int? Percent { get; init; }

    /// <summary>The stage at the end.</summary>
    public string? Stage { get; init; }
}

/// <summary>Gives an attempt back unharmed.</summary>
public sealed record ReleasedReport : AttemptReport
{
    /// <summary>Why.</summary>
    public required ReleaseReason Reason { get; init; }
}
