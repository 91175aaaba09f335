namespace TaskPipeline.NativeHost.Protocol;

/// <summary>
/// Where what stands in the page of memory that worker and host share. All words are aligned and in the machine's own byte order:
/// both ends run on it. The worker writes <see cref="StopSequence"/> and reads the rest; the host does the opposite.
/// </summary>
internal static class StatusPageLayout
{
    public const int Bytes = 4096;

    /// <summary>u64: the sequence of the task that shall stop.</summary>
    public const int StopSequence = 0;

    /// <summary>u64: the sequence of the running task, 0 between tasks.</summary>
    public const int RunningSequence = 8;

    /// <summary>u64: how often the task reported progress.</summary>
    public const int ProgressCalls = 16;

    /// <summary>i32: 0 to 100.</summary>
    public const int Percent = 24;

    /// <summary>u32: odd while the stage is written.</summary>
    public const int StageVersion = 28;

    /// <summary>u32: bytes of the stage, 0 when none was named.</summary>
    public const int StageLength = 32;

    /// <summary>The stage in UTF-8.</summary>
    public const int Stage = 36;

    public const int MaxStageBytes = 255;

    /// <summary>u32: how often the percentage of this task was lower than the one before. For the conformance kit; workers do not look at it.</summary>
    public const int Regressions = 296;

    /// <summary>u64: the sequence of the task to which progress and stage belong; stays when it has ended.</summary>
    public const int ReportedSequence = 304;
}
