using System.Runtime.InteropServices;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Where the build has put host, guard and libraries, seen from the worker's own folder: in <c>native/</c> beside a published
/// worker, else in the output folders of the build that the worker belongs to.
/// </summary>
internal static class NativeLayout
{
    private const string HostName = "TaskPipeline.NativeHost";

    private static readonly string s_executable = OperatingSystem.IsWindows() ? HostName + ".exe" : HostName;
    private static readonly DirectoryInfo s_own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>The host compiled ahead of time where there is one, else the one that is compiled just in time; empty when there is none.</summary>
    public static string Host => First(File.Exists, Published(s_executable), Built("publish", HostName, $"{s_own.Name}_{RuntimeInformation.RuntimeIdentifier}", s_executable), Built("bin", HostName, s_own.Name, s_executable));

    /// <summary>The guard; empty where there is none, for it needs Linux.</summary>
    public static string Guard => OperatingSystem.IsLinux() ? First(File.Exists, Published("bin", "tp-guard"), Built("native", s_own.Name, "bin", "tp-guard")) : "";

    /// <summary>The folder of the sample algorithms; empty when there is none.</summary>
    public static string Libraries => First(Directory.Exists, Published("lib"), Built("native", s_own.Name, "lib"));

    /// <summary>The folder of the algorithms that misbehave; empty when there is none.</summary>
    public static string Faults => First(Directory.Exists, Published("faults"), Built("native", s_own.Name, "faults"));

    private static string Published(params string[] path) => Path.Combine([s_own.FullName, "native", .. path]);

    /// <summary>The worker's folder is <c>artifacts/bin/TaskPipeline.Algorithm/release</c> or <c>…/debug</c>; null when it lies elsewhere.</summary>
    private static string? Built(params string[] path) => s_own.Parent?.Parent is { Name: "bin", Parent: { } artifacts } ? Path.Combine([artifacts.FullName, .. path]) : null;

    private static string First(Func<string, bool> exists, params string?[] paths) => paths.FirstOrDefault(path => path is not null && exists(path)) ?? "";
}
