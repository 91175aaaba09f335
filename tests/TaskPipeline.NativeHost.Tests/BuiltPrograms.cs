using System.Runtime.InteropServices;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>Where the build has put the programs and libraries, seen from the folder of the tests.</summary>
internal static class BuiltPrograms
{
    private const string Name = "TaskPipeline.NativeHost";

    private static readonly DirectoryInfo s_own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private static string Artifacts => s_own.Parent!.Parent!.Parent!.FullName;

    /// <summary>The host that is compiled just in time.</summary>
    public static string JitHost => Path.Combine(Artifacts, "bin", Name, s_own.Name, Name);

    /// <summary>The host that eng/prepare.sh has published.</summary>
    public static string AotHost => Path.Combine(Artifacts, "publish", Name, $"{s_own.Name}_{RuntimeInformation.RuntimeIdentifier}", Name);

    public static string Faults => Native("faults", "libtp_faults.so");

    public static string Samples => Native("lib", "libtp_samples.so");

    /// <summary>A file or folder of the native sources.</summary>
    public static string Source(params string[] path) => Path.Combine([Path.GetDirectoryName(Artifacts)!, "native", .. path]);

    public static string Native(string folder, string file) => Path.Combine(Artifacts, "native", s_own.Name, folder, file);
}
