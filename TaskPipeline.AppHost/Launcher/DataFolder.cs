namespace TaskPipeline.AppHost.Launcher;

/// <summary>Where the brokers of a run keep their data: a given folder, locked while in use, or one that is removed at the end.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream? _lock;

    private DataFolder(string path, FileStream? @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <exception cref="LaunchException">Another run uses the folder, or it cannot be written.</exception>
    public static DataFolder Open(string? path)
    {
        if (path is null)
        {
            return new DataFolder(Directory.CreateTempSubdirectory("taskpipeline-").FullName, @lock: null);
        }

        try
        {
            Directory.CreateDirectory(path);
            return new DataFolder(path, new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LaunchException($"The data folder {path} cannot be used, or another run uses it: {exception.Message}");
        }
    }

    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose()
    {
        if (_lock is not null)
        {
            _lock.Dispose();
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It lies below the system's temporary folder, which is cleared.
        }
    }
}
