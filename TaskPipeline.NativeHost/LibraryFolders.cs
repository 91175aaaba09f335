namespace TaskPipeline.NativeHost;

/// <summary>The files and folders that a host may load libraries from.</summary>
internal sealed class LibraryFolders
{
    private readonly List<string> _paths;

    public LibraryFolders(IEnumerable<string> paths) => _paths = [.. paths.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))];

    /// <summary>Whether the file is one of them or lies directly in one of them.</summary>
    public bool Contain(string file)
    {
        var full = Path.GetFullPath(file);
        return _paths.Contains(full, StringComparer.Ordinal) || _paths.Contains(Path.GetDirectoryName(full) ?? "", StringComparer.Ordinal);
    }
}
