namespace TaskPipeline.Algorithm;

/// <summary>Who this worker is: another one after each start, because what an earlier process held is not this one's.</summary>
public sealed class WorkerIdentity
{
    /// <summary>The id: machine, process and four random digits.</summary>
    public string Id { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Random.Shared.Next(0x10000):x4}";
}
