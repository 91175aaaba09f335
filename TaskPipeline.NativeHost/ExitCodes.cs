namespace TaskPipeline.NativeHost;

/// <summary>How the host itself ends. Native code may call exit with any number, so only 0 after an exit order means anything to a worker.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary><c>check</c> found something.</summary>
    public const int CheckFailed = 1;

    public const int Usage = 2;

    /// <summary>The other end broke the protocol.</summary>
    public const int Protocol = 70;

    /// <summary>The channel or the status page cannot be used.</summary>
    public const int Channel = 74;
}
