namespace TaskPipeline.Contracts.Callbacks;

/// <summary>How workers reach the API.</summary>
public static class CallbackProtocol
{
    /// <summary>The path: <c>POST</c> an array of reports, get an array of verdicts in the same order.</summary>
    public const string Path = "/callbacks";

    /// <summary>The scheme of the <c>Authorization</c> header; its parameter is the shared secret.</summary>
    public const string AuthenticationScheme = "Bearer";

    /// <summary>The API refuses a larger body.</summary>
    public const int MaxBodyBytes = 8 * 1024 * 1024;

    /// <summary>A worker splits its reports so that a body stays below this, unless one report alone is larger.</summary>
    public const int SplitBodyBytes = 4 * 1024 * 1024;

    /// <summary>The largest result that a task may have; a larger one fails as rejected.</summary>
    public const int MaxResultBytes = 256 * 1024;

    /// <summary>How much of what native code printed is kept: the last so many bytes.</summary>
    public const int MaxOutputBytes = 16_384;

    /// <summary>How much of standard error a failure carries: the last so many bytes.</summary>
    public const int MaxStderrBytes = 1_024;
}
