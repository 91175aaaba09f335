using System.Globalization;

namespace TaskPipeline.Testing;

/// <summary>The processes of this machine at one moment, from /proc.</summary>
public sealed class ProcessTable
{
    private readonly Dictionary<int, Entry> _entries;

    private ProcessTable(Dictionary<int, Entry> entries) => _entries = entries;

    /// <summary>A process. Its command tells it from another one that gets its number later.</summary>
    public readonly record struct Entry(int Id, int Parent, int Nice, string Command)
    {
        /// <summary>Whether it is still there; a zombie only waits to be reaped and is not.</summary>
        public bool IsAlive => TryRead(Id) is { } now && now.Command == Command && Command.Length > 0;

        /// <summary>Ended, and not yet waited for by its parent: it has no command any more.</summary>
        public bool IsZombie => Command.Length == 0;

        /// <summary>What it has open: the target of each descriptor. Nothing when it has ended.</summary>
        public IReadOnlyList<string> Descriptors()
        {
            try
            {
                return [.. Directory.EnumerateFileSystemEntries($"/proc/{Id}/fd").Select(entry => new FileInfo(entry).LinkTarget ?? "")];
            }
            catch (IOException)
            {
                return [];
            }
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} {Command}");
    }

    /// <summary>All that are there now.</summary>
    public static ProcessTable Read() => new(Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? TryRead(id) : null)
        .OfType<Entry>().ToDictionary(entry => entry.Id));

    /// <summary>The one with that number, if it has not ended.</summary>
    public static Entry? Find(int id) => TryRead(id) is { IsZombie: false } entry ? entry : null;

    /// <summary>Whether there is a process with that number.</summary>
    public bool Has(Entry entry) => _entries.TryGetValue(entry.Id, out var known) && known.Command == entry.Command;

    /// <summary>Those whose command mentions a text.</summary>
    public IEnumerable<Entry> Naming(string text) => _entries.Values.Where(entry => entry.Command.Contains(text, StringComparison.Ordinal));

    /// <summary>All below a process, not itself.</summary>
    public IReadOnlyList<Entry> DescendantsOf(int id)
    {
        var found = new List<Entry>();
        var above = new Queue<int>([id]);
        while (above.TryDequeue(out var parent))
        {
            foreach (var child in _entries.Values.Where(entry => entry.Parent == parent))
            {
                found.Add(child);
                above.Enqueue(child.Id);
            }
        }

        return found;
    }

    /// <summary>Whether a process is below one that another table has, other than the first of all processes.</summary>
    public bool IsBelowAny(Entry entry, ProcessTable others)
    {
        for (var at = entry.Parent; at > 1 && _entries.TryGetValue(at, out var parent); at = parent.Parent)
        {
            if (others.Has(parent))
            {
                return true;
            }
        }

        return false;
    }

    private static Entry? TryRead(int id)
    {
        try
        {
            // "id (name) state parent …", niceness in field 19: the name may have spaces and parentheses, the fields after it do not.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            int Field(int number) => int.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return new Entry(id, Field(4), Field(19), File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' '));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
