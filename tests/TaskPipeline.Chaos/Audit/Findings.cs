using System.Collections.Concurrent;

namespace TaskPipeline.Chaos.Audit;

/// <summary>What is not as promised. Thread safe.</summary>
internal sealed class Findings
{
    private readonly ConcurrentQueue<string> _all = new();

    public IReadOnlyList<string> All => [.. _all];

    public int Count => _all.Count;

    public void Add(string finding) => _all.Enqueue(finding);
}
