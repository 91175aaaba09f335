using System.Globalization;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>What processes and all of their descendants use, by the operating system's own accounts. Linux only.</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>
    /// Processor seconds of the processes, of all that descend from them and of those that have ended and were waited for, by the
    /// name of the program.
    /// </summary>
    public static IReadOnlyDictionary<string, double> CpuSeconds(IEnumerable<int> roots) => Members(roots)
        .GroupBy(entry => entry.Name, entry => entry.Ticks / TicksPerSecond)
        .ToDictionary(group => group.Key, group => group.Sum());

    /// <summary>The sum of their resident sizes. Pages that several of them share count in each.</summary>
    public static long ResidentBytes(IEnumerable<int> roots) => Sizes(roots).Sum(entry => entry.ResidentBytes);

    /// <summary>Each of them with its resident size.</summary>
    public static IReadOnlyList<(int Id, long ResidentBytes)> Sizes(IEnumerable<int> roots) =>
        [.. Members(roots).Select(entry => (entry.Id, entry.ResidentPages * Environment.SystemPageSize))];

    private static IEnumerable<Entry> Members(IEnumerable<int> roots)
    {
        var all = Read();
        var children = all.Values.ToLookup(entry => entry.Parent);
        var open = new Stack<int>(roots);
        while (open.TryPop(out var id))
        {
            if (all.TryGetValue(id, out var entry))
            {
                yield return entry;
            }

            foreach (var child in children[id])
            {
                open.Push(child.Id);
            }
        }
    }

    private static Dictionary<int, Entry> Read()
    {
        var entries = new Dictionary<int, Entry>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ReadOne(id) is { } entry)
            {
                entries.Add(id, entry);
            }
        }

        return entries;
    }

    private static Entry? ReadOne(int id)
    {
        try
        {
            // 4711 (a name) S 1 … : the name may hold spaces and parentheses, the fields after it do not.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')];
            return new Entry(id, name, (int)Field(4), Field(14) + Field(15) + Field(16) + Field(17), Field(24));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private sealed record Entry(int Id, string Name, int Parent, long Ticks, long ResidentPages);
}
