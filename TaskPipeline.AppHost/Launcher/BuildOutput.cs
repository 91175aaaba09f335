using System.Runtime.InteropServices;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>Where the build has put what a run consists of, seen from the launcher's own folder.</summary>
internal static class BuildOutput
{
    private static readonly DirectoryInfo s_own = FindOwn();

    private static string Configuration => s_own.Name;

    /// <summary>The folder that all output of the build lies below.</summary>
    public static string Root => Artifacts;

    private static string Artifacts => s_own.Parent!.Parent!.Parent!.FullName;

    public static string Executable(string project) => Path.Combine(Artifacts, "bin", project, Configuration, project);

    /// <summary>The host compiled ahead of time where it was published, else the one that is compiled just in time.</summary>
    public static string NativeHost
    {
        get
        {
            var published = Path.Combine(Artifacts, "publish", "TaskPipeline.NativeHost", $"{Configuration}_{RuntimeInformation.RuntimeIdentifier}", "TaskPipeline.NativeHost");
            return File.Exists(published) ? published : Executable("TaskPipeline.NativeHost");
        }
    }

    public static string Native(params string[] path) => Path.Combine([Artifacts, "native", Configuration, .. path]);

    /// <summary>The launcher may be loaded by a test, whose folder lies beside the launcher's.</summary>
    private static DirectoryInfo FindOwn() => new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}
