namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>The right to run one task. Given back by its disposal, once, as soon as the native code is done. Thread safe.</summary>
internal interface IRunSlot : IDisposable
{
    /// <summary>How long ago its task outstayed its lane and was moved to the slow account; null while it was not.</summary>
    TimeSpan? DemotedFor { get; }
}
