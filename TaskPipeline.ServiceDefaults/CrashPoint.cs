using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace TaskPipeline.ServiceDefaults;

/// <summary>
/// A place between two steps of the protocol at which a test can end the process as <c>kill -9</c> would. Off, and no more than the
/// test of a constant, unless the variable <see cref="FolderVariable"/> names a folder when the process starts. A point is armed by a
/// file of its name in that folder; the process that takes the file away dies, so that an armed point ends one process once.
/// </summary>
public static class CrashPoint
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string FolderVariable = "TASKPIPELINE_CRASH_POINTS";

    /// <summary>What a taken file's name ends with.</summary>
    public const string ReachedSuffix = ".reached";

    private static readonly string? s_folder = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Ends the process if the point is armed.</summary>
    /// <param name="point">One of <see cref="CrashPoints"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reach(string point)
    {
        if (s_folder is not null)
        {
            EndIfArmed(Path.Combine(s_folder, point));
        }
    }

    private static void EndIfArmed(string file)
    {
        try
        {
            // Renaming is atomic: of several processes and threads at the point only one dies.
            File.Move(file, file + ReachedSuffix, overwrite: true);
        }
        catch (IOException)
        {
            return;
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
