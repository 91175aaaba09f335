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
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly EnumerationOptions s_noLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint };

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

    /// <summary>
    /// Removes a folder with everything in it, also what its owner may not change. False when something of it is left, such as a file whose name is not
    /// UTF-8: only the guard can name that.
    /// </summary>
    public static bool Remove(string path)
    {
        var isDeleted = TryDelete(path);
        if (!isDeleted)
        {
            Open(path);
            isDeleted = TryDelete(path);
        }

        return isDeleted && !Path.Exists(path);
    }

    public void Dispose()
    {
        var isGone = Remove(_path);
        _lock.Dispose();
        if (isGone)
        {
            File.Delete(_lockPath);
        }
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            // Not asked for before: what stands in a folder that is closed to us seems not to be there either.
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Gives us all rights to a folder and to those in it, as the guard does at the end of a host. Follows no link.</summary>
    private static void Open(string path)
    {
        if (OperatingSystem.IsWindows() || new DirectoryInfo(path).LinkTarget is not null)
        {
            return;
        }

        var folders = new Stack<string>([path]);
        while (folders.TryPop(out var folder))
        {
            try
            {
                File.SetUnixFileMode(folder, OwnerOnly);
                foreach (var inner in Directory.EnumerateDirectories(folder, "*", s_noLinks))
                {
                    folders.Push(inner);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It belongs to somebody else, or its name is not UTF-8.
            }
        }
    }

    private static void Sweep(string parent, ILogger logger)
    {
        foreach (var lockPath in Directory.EnumerateFiles(parent, $"{Prefix}*{LockSuffix}"))
        {
            try
            {
                using var taken = new FileStream(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                if (Remove(lockPath[..^LockSuffix.Length]))
                {
                    // Not before: without its lock nobody would look for what is left.
                    File.Delete(lockPath);
                    Log.FolderSwept(logger, lockPath);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its worker lives, or belongs to another user.
            }
        }
    }
}
