namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// Tells whether a run has left its scratch folder as it was: the same folder, with the same rights, and empty. One system call where nothing has
/// happened to it for a while. Linux only; elsewhere no folder counts as untouched.
/// </summary>
internal sealed class ScratchFolder
{
    /// <summary>More than one step of the clock of any file system: what follows a change sooner may bear the same time.</summary>
    private const long ClockStepSeconds = 3;

    private string _path = "";
    private FileMark _mark;

    /// <summary>Whether it was seen empty so long after its last change that any change since then shows in its time.</summary>
    private bool _knownEmpty;

    /// <summary>To be called before the run.</summary>
    public void Enter(string path)
    {
        if (path != _path)
        {
            (_path, _mark, _knownEmpty) = (path, path.Length > 0 ? FileMark.Of(path) : default, false);
        }
    }

    /// <summary>To be called after the run.</summary>
    public bool IsUntouched()
    {
        if (!_mark.Exists || FileMark.Of(_path) != _mark)
        {
            return false;
        }

        if (!_knownEmpty)
        {
            var settled = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - _mark.ChangedSeconds >= ClockStepSeconds;
            var empty = IsEmpty(_path);
            _knownEmpty = empty && settled;
            return empty;
        }

        return true;
    }

    private static bool IsEmpty(string path)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(path).Any();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
