using System.Globalization;
using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// The folder of this worker, in which each host has one of its own. It is locked as long as the worker lives; what a worker that was killed
/// has left behind is removed when the next one starts. Thread safe.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const string Prefix = "taskpipeline-worker-";
    private const string LockSuffix = ".lock";

    private readonly string _path;
    private readonly string _lockPath;
    private readonly FileStream _lock;
    private int _hosts;

    public WorkFolder(IOptions<NativeHostOptions> options, ILogger<WorkFolder> logger)
    {
        var parent = Directory.CreateDirectory(options.Value.WorkDirectory).FullName;
        Sweep(parent, logger);
        _path = Path.Combine(parent, $"{Prefix}{Guid.NewGuid():N}");
        _lockPath = _path + LockSuffix;

        // The lock comes first: a folder without one would be anybody's to remove.
        _lock = new FileStream(_lockPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        CreatePrivate(_path);
    }

    /// <summary>Makes the folder of a host. Whoever ends the host removes it.</summary>
    public string CreateHostFolder()
    {
        var path = Path.Combine(_path, Interlocked.Increment(ref _hosts).ToString(CultureInfo.InvariantCulture));
        CreatePrivate(path);
        return path;
    }

    /// <summary>Removes a folder with everything in it, as far as that can be done.</summary>
    public static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Something in it is closed to us: the guard opens such folders at the end of their host.
        }
    }

    public void Dispose()
    {
        Remove(_path);
        _lock.Dispose();
        File.Delete(_lockPath);
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void Sweep(string parent, ILogger logger)
    {
        foreach (var lockPath in Directory.EnumerateFiles(parent, $"{Prefix}*{LockSuffix}"))
        {
            try
            {
                using var taken = new FileStream(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                Remove(lockPath[..^LockSuffix.Length]);
                File.Delete(lockPath);
                Log.FolderSwept(logger, lockPath);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its worker lives, or belongs to another user.
            }
        }
    }
}
