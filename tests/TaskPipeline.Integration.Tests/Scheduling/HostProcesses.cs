using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Scheduling;

/// <summary>The hosts of a worker as the kernel sees them.</summary>
internal static class HostProcesses
{
    /// <summary>How many hosts have been made to make way for others: their niceness is above that of the worker.</summary>
    public static int CountLowered(WorkerProcess worker)
    {
        var lowered = Math.Min(19, ProcessTable.Find(worker.Id)!.Value.Nice + 10);
        return ProcessTable.Read().DescendantsOf(worker.Id).Count(entry => IsHost(entry) && entry.Nice == lowered);
    }

    /// <summary>The guard has the host in its command too, behind its own name.</summary>
    private static bool IsHost(ProcessTable.Entry entry) => Path.GetFileName(entry.Command.Split(' ')[0]) == "TaskPipeline.NativeHost";
}
