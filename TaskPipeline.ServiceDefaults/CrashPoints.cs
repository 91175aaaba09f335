namespace TaskPipeline.ServiceDefaults;

/// <summary>The steps of a task's way between which a process can be made to die, in their order. The crash-point tests run through all of them.</summary>
public static class CrashPoints
{
    /// <summary>API: the record is written, nothing is published.</summary>
    public const string SubmitStored = "api-submit-stored";

    /// <summary>API: the broker has confirmed a dispatch, Redis does not know.</summary>
    public const string DispatchPublished = "api-dispatch-published";

    /// <summary>API: the confirm is noted, the client has no answer.</summary>
    public const string DispatchConfirmed = "api-dispatch-confirmed";

    /// <summary>Worker: the task is delivered, not claimed.</summary>
    public const string Delivered = "worker-delivered";

    /// <summary>API: a claim is granted, its answer not sent.</summary>
    public const string ClaimStored = "api-claim-stored";

    /// <summary>Worker: the claim is granted, nothing runs.</summary>
    public const string Claimed = "worker-claimed";

    /// <summary>Worker: the native code is done, the final report not sent.</summary>
    public const string Ended = "worker-ended";

    /// <summary>API: the final report is there, not stored.</summary>
    public const string FinishReceived = "api-finish-received";

    /// <summary>API: the final report is stored, its answer not sent.</summary>
    public const string FinishStored = "api-finish-stored";

    /// <summary>Worker: the final report is answered, the delivery not acknowledged.</summary>
    public const string Reported = "worker-reported";

    /// <summary>Worker: the delivery is acknowledged.</summary>
    public const string Acknowledged = "worker-acknowledged";

    /// <summary>Worker: a claim is refused, the delivery not acknowledged.</summary>
    public const string Refused = "worker-refused";

    /// <summary>API: a released attempt is stored, its next dispatch not published.</summary>
    public const string ReleaseStored = "api-release-stored";

    /// <summary>API: the mark to cancel is stored, not broadcast.</summary>
    public const string CancelStored = "api-cancel-stored";

    /// <summary>API: a due timer is taken, not served.</summary>
    public const string TimerTaken = "api-timer-taken";

    /// <summary>API: a due timer is served, the dispatch it decided not published.</summary>
    public const string TimerServed = "api-timer-served";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        SubmitStored, DispatchPublished, DispatchConfirmed, Delivered, ClaimStored, Claimed, Ended, FinishReceived, FinishStored, Reported,
        Acknowledged, Refused, ReleaseStored, CancelStored, TimerTaken, TimerServed,
    ];
}
