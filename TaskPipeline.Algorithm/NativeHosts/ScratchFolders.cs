using System.Globalization;
using System.IO.Enumeration;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>The scratch folders of one host: an empty one for each task, gone after it. For one thread at a time.</summary>
internal sealed class ScratchFolders(string hostFolder)
{
    /// <summary>More entries than this count as too much, whatever they hold: looking at all of them would take too long.</summary>
    private const int MaxEntries = 100_000;

    private static readonly EnumerationOptions s_everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>The folder that is there for the next task; null for none.</summary>
    private string? _kept;

    /// <summary>Makes the folder of a task, or gives it the one that the task before has not touched.</summary>
    public string Create(ulong sequence)
    {
        if (_kept is { } kept)
        {
            _kept = null;
            return kept;
        }

        var path = Path.Combine(hostFolder, sequence.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>
    /// Takes the folder of a task away. One that its host found untouched, thus as empty as it was made, becomes that of the next task: removing and making
    /// one costs more than all the rest of a run that does nothing. Should the host be wrong, because native code has changed its memory, that
    /// task could not have been kept from it anyway: it runs in the same process. False when something of it is left.
    /// </summary>
    public bool Release(string path, bool untouched)
    {
        if (untouched)
        {
            _kept = path;
            return true;
        }

        return Remove(path);
    }

    /// <summary>Removes the folder of a task. False when something of it is left.</summary>
    public static bool Remove(string path)
    {
        try
        {
            // One system call for the usual case: nothing was written.
            Directory.Delete(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return WorkFolder.Remove(path);
        }
    }

    /// <summary>Whether a folder holds more than that. Counts what files say of their size and follows no link.</summary>
    public static bool Exceeds(string path, long limit)
    {
        var (bytes, count) = (0L, 0);
        try
        {
            var entries = new FileSystemEnumerable<long>(path, static (ref FileSystemEntry entry) => entry.IsDirectory ? 0 : entry.Length, s_everything)
            {
                ShouldRecursePredicate = static (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            };
            foreach (var length in entries)
            {
                bytes += length;
                if (bytes > limit || ++count > MaxEntries)
                {
                    return true;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It changed while it was looked at: the next look sees it.
        }

        return false;
    }
}
