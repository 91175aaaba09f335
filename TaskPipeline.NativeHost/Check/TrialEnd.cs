namespace TaskPipeline.NativeHost.Check;

/// <summary>The ways a run of the kit can end.</summary>
internal enum TrialEnd
{
    /// <summary>The host answered.</summary>
    Answered,

    /// <summary>The process ended instead.</summary>
    Died,

    /// <summary>It took too long and was killed.</summary>
    StillRunning,
}
