using System.Globalization;
using TaskPipeline.Integration.Tests.Consuming;

namespace TaskPipeline.Integration.Tests.Scheduling;

/// <summary>The hosts of a worker as the kernel sees them.</summary>
internal static class HostProcesses
{
    /// <summary>The kernel keeps 15 characters of a name.</summary>
    private const string Name = "TaskPipeline.Na";

    /// <summary>How many hosts have been made to make way for others: their niceness is above that of the worker.</summary>
    public static int CountLowered(WorkerProcess worker)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(folder => Read(Path.GetFileName(folder))).OfType<Entry>().ToDictionary(entry => entry.Id);
        var lowered = Math.Min(19, all[worker.Id].Nice + 10);
        return all.Values.Count(entry => entry.Name == Name && entry.Nice == lowered && Descends(entry, worker.Id, all));
    }

    private static bool Descends(Entry entry, int ancestor, Dictionary<int, Entry> all) =>
        entry.Parent == ancestor || (all.TryGetValue(entry.Parent, out var parent) && Descends(parent, ancestor, all));

    private static Entry? Read(string id)
    {
        try
        {
            // 4711 (a name) S 1 …: the name may hold spaces and parentheses, the fields after it do not.
            var text = char.IsAsciiDigit(id[0]) ? File.ReadAllText($"/proc/{id}/stat") : "";
            var end = text.LastIndexOf(')');
            var fields = end < 0 ? [] : text[(end + 2)..].Split(' ');
            return end < 0
                ? null
                : new Entry(
                    int.Parse(id, CultureInfo.InvariantCulture),
                    text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end],
                    int.Parse(fields[1], CultureInfo.InvariantCulture),
                    int.Parse(fields[16], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private sealed record Entry(int Id, string Name, int Parent, int Nice);
}
