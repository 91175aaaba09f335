namespace TaskPipeline.NativeHost.Interop;

/// <summary>The constants of tp_algorithm.h.</summary>
internal static class TpAbi
{
    public const int Major = 1;

    public const int Minor = 0;

    public const uint Version = (Major << 16) | Minor;

    public const string DescribeSymbol = "tp_library_describe";

    public const int MaxNameBytes = 100;

    /// <summary>A version as people write it: "1.0".</summary>
    public static string Format(uint version) => $"{version >> 16}.{version & 0xFFFF}";
}
