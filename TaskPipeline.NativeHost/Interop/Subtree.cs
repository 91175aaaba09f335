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
}
