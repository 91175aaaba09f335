using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>
/// Decides what starts when: a free slot takes the first waiting entry of the first lane that has one, in the order of
/// <see cref="Lane"/>. An entry whose algorithm runs as often as it may here is passed over. Not thread safe.
/// </summary>
internal sealed class SlotQueue<T>(int slots)
{
    private readonly SortedDictionary<Lane, LinkedList<Entry>> _lanes = [];
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private int _free = slots;

    public int Waiting => _lanes.Values.Sum(lane => lane.Count);

    /// <summary>Adds an entry to the end of its lane.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="item">What waits.</param>
    /// <param name="algorithm">Its algorithm.</param>
    /// <param name="maxConcurrent">At most so many of the algorithm at a time; 0 for no such limit.</param>
    public void Add(Lane lane, T item, string algorithm, int maxConcurrent)
    {
        if (!_lanes.TryGetValue(lane, out var entries))
        {
            _lanes.Add(lane, entries = []);
        }

        entries.AddLast(new Entry(item, algorithm, maxConcurrent));
    }

    /// <summary>Takes what may start now, with a slot.</summary>
    public bool TryStart(out T item, out string algorithm)
    {
        if (_free > 0)
        {
            foreach (var lane in _lanes.Values)
            {
                for (var node = lane.First; node is not null; node = node.Next)
                {
                    var running = _running.GetValueOrDefault(node.Value.Algorithm);
                    if (node.Value.MaxConcurrent == 0 || running < node.Value.MaxConcurrent)
                    {
                        lane.Remove(node);
                        _running[node.Value.Algorithm] = running + 1;
                        _free--;
                        (item, algorithm) = (node.Value.Item, node.Value.Algorithm);
                        return true;
                    }
                }
            }
        }

        (item, algorithm) = (default!, "");
        return false;
    }

    /// <summary>Gives the slot of an algorithm back.</summary>
    public void Release(string algorithm)
    {
        _free++;
        if (--_running[algorithm] == 0)
        {
            _running.Remove(algorithm);
        }
    }

    /// <summary>Forgets everything that waits.</summary>
    public void Clear() => _lanes.Clear();

    private sealed record Entry(T Item, string Algorithm, int MaxConcurrent);
}
