using System.Globalization;
using System.IO.Enumeration;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>The scratch folders of one host: an empty one for each task, gone after it. For one thread at a time.</summary>
internal sealed class ScratchFolders(string hostFolder)
{
    /// <summary>More entries than this count as too much, whatever they hold: looking at all of them would take too long.</summary>
    private const int MaxEntries = 100_000;

    private static readonly EnumerationOptions s_everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>The task whose folder is there already; 0 for none.</summary>
    private ulong _prepared;
    private UnixFileMode? _mode;

    /// <summary>Makes the folder of a task.</summary>
    public string Create(ulong sequence)
    {
        var path = PathOf(sequence);
        if (_prepared != sequence)
        {
            Directory.CreateDirectory(path);
            _mode ??= OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);
        }

        _prepared = 0;
        return path;
    }

    /// <summary>
    /// Takes the folder of a task away. One that is as empty as it was made becomes that of the next task: a new name costs a fifth of
    /// what removing and making does.
    /// </summary>
    public void Release(ulong sequence)
    {
        var path = PathOf(sequence);
        try
        {
            if (IsUntouched(path))
            {
                Directory.Move(path, PathOf(sequence + 1));
                _prepared = sequence + 1;
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is not what it was: then it goes.
        }

        Remove(path);
    }

    /// <summary>Removes the folder of a task.</summary>
    public static void Remove(string path)
    {
        try
        {
            // One system call for the usual case: nothing was written.
            Directory.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            WorkFolder.Remove(path);
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

    private string PathOf(ulong sequence) => Path.Combine(hostFolder, sequence.ToString(CultureInfo.InvariantCulture));

    private bool IsUntouched(string path) =>
        File.GetAttributes(path) == FileAttributes.Directory
        && (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == _mode)
        && !Directory.EnumerateFileSystemEntries(path).Any();
}
