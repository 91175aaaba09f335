using System.Diagnostics;
using System.Globalization;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>The processes that native code started.</summary>
internal static unsafe class Subtree
{
    /// <summary>Waits for those that have ended, so that their processor time counts and no zombie stays.</summary>
    /// <returns>Whether any is still alive; false where the system has no answer.</returns>
    public static bool ReapAndTellIfAlive()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        int process;
        do
        {
            process = Libc.waitpid(-1, null, Libc.WNOHANG);
        }
        while (process > 0);

        // 0: there are children and none has ended. -1: there are none.
        return process == 0;
    }

    /// <summary>Ends the children of this process, which are those that other processes left behind; whoever calls it has none of its own that still runs.</summary>
    /// <remarks>Ended, each leaves its own children to this process: looked at again until there are none, a bounded number of times. Does nothing but on Linux.</remarks>
    public static void EndOrphans()
    {
        const int MostGenerations = 100;
        for (var generation = 0; generation < MostGenerations && OperatingSystem.IsLinux() && FindChildren() is { Count: > 0 } children; generation++)
        {
            foreach (var child in children)
            {
                End(child);
            }

            ReapAndTellIfAlive();
        }
    }

    private static void End(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(1));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    private static List<int> FindChildren()
    {
        var children = new List<int>();
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                var ids = File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                children.AddRange(ids.Select(id => int.Parse(id, CultureInfo.InvariantCulture)));
            }
            catch (IOException)
            {
                // The thread has ended, or the kernel keeps no such list.
            }
        }

        return children;
    }
}
