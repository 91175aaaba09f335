using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>
/// Starts every process on one thread that lives as long as the launcher, because the kernel's "end with your parent" follows
/// the thread that started a process. Children get a session of their own, so that Ctrl-C comes to the launcher alone.
/// </summary>
internal sealed class ProcessStarter : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    /// <summary>Whether what is started leads a session, and with it a process group, of its own.</summary>
    public static bool HasGroups { get; } = OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid") && File.Exists("/usr/bin/setpriv");

    public ProcessStarter() => new Thread(Run) { IsBackground = true, Name = "process starter" }.Start();

    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        Wrap(start);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} was not started"));
            }
            catch (Exception exception)
            {
                // Belongs to the caller; the thread must live on.
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    /// <summary>Both programs replace themselves by the next, so the process keeps its id.</summary>
    private static void Wrap(ProcessStartInfo start)
    {
        if (!HasGroups)
        {
            return;
        }

        string[] rest = ["/usr/bin/setpriv", "--pdeathsig", "SIGTERM", start.FileName, .. start.ArgumentList];
        start.FileName = "/usr/bin/setsid";
        start.ArgumentList.Clear();
        foreach (var argument in rest)
        {
            start.ArgumentList.Add(argument);
        }
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
