using System.Globalization;

namespace TaskPipeline.Testing;

/// <summary>A process as <c>/proc</c> shows it. Linux only.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Parent">The number of its parent.</param>
/// <param name="State">R runs, S sleeps, Z is a zombie, and others of proc(5).</param>
/// <param name="Command">Its arguments with spaces between; empty for a zombie.</param>
public sealed record SystemProcess(int Id, int Parent, char State, string Command)
{
    /// <summary>Ended, and not yet waited for by its parent.</summary>
    public bool IsZombie => State == 'Z';

    /// <summary>What it has open: the target of each descriptor. Empty when it has ended.</summary>
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

    /// <summary>All processes of the machine.</summary>
    public static IReadOnlyList<SystemProcess> All() =>
        [.. Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).Select(Read).OfType<SystemProcess>()];

    /// <summary>All processes below one: its children, theirs, and so on.</summary>
    public static IReadOnlyList<SystemProcess> Below(int id)
    {
        var children = All().ToLookup(process => process.Parent);
        var found = new List<SystemProcess>();
        var above = new Queue<int>([id]);
        while (above.TryDequeue(out var parent))
        {
            found.AddRange(children[parent]);
            foreach (var child in children[parent])
            {
                above.Enqueue(child.Id);
            }
        }

        return found;
    }

    /// <summary>Whether there is a process of that number that has not ended.</summary>
    public static bool IsAlive(int id) => Read($"/proc/{id}") is { IsZombie: false };

    private static SystemProcess? Read(string folder)
    {
        try
        {
            // "id (name) state parent …": the name may have spaces and parentheses.
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var command = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
            var id = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            return new SystemProcess(id, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0], command);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
