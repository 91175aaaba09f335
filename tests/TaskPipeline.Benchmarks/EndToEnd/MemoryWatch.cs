namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>Looks twice a second how much memory processes hold together, and keeps the most.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private readonly Timer _timer;
    private long _peak;

    public MemoryWatch(IReadOnlyList<int> roots) =>
        _timer = new Timer(_ => _peak = Math.Max(_peak, ProcessTree.ResidentBytes(roots)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));

    public long Peak => Volatile.Read(ref _peak);

    public void Dispose() => _timer.Dispose();
}
