using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Audit;

/// <summary>Whether a process of the run is left when it has been stopped, also one that has lost its parent.</summary>
internal sealed class ProcessAudit
{
    private readonly ProcessTable _before = ProcessTable.Read();
    private readonly List<ProcessTable.Entry> _ours = [];

    /// <summary>How long they may take to be gone.</summary>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Remembers what runs before it is stopped: not every process of a broker can be told by its command.</summary>
    public void Remember() => _ours.AddRange(ProcessTable.Read().DescendantsOf(Environment.ProcessId));

    public async Task CheckAsync(Findings findings, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = Left();
            if (left.Length == 0)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(begun) > Limit)
            {
                findings.Add($"processes are left: {string.Join("; ", left)}");
                return;
            }

            // The end of a process that is not one's own child is told by no event.
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
    }

    private ProcessTable.Entry[] Left()
    {
        var now = ProcessTable.Read();

        // By the folder of this build; below a process that was there before they belong to another run.
        var orphans = now.Naming(BuildOutput.Root).Where(entry => entry.Id != Environment.ProcessId && !_before.Has(entry) && !now.IsBelowAny(entry, _before));
        return [.. _ours.Where(entry => entry.IsAlive).Union(orphans)];
    }
}
