namespace TaskPipeline.NativeHost.Interop;

/// <summary>What tells a file from every other, and what it was like at one moment. Equal marks of a folder: nothing was put into it, taken out of it or
/// changed of it since, except within one step of the clock of its file system.</summary>
/// <param name="Exists">False: there is none, or this is not Linux.</param>
/// <param name="Device">The file system.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Mode">What it is, and who may do what with it.</param>
/// <param name="ChangedSeconds">When it was changed, a folder also by its entries, in seconds since 1970. Nobody can set it.</param>
/// <param name="ChangedNanoseconds">The rest of that.</param>
internal readonly record struct FileMark(bool Exists, ulong Device, ulong Inode, ushort Mode, long ChangedSeconds, uint ChangedNanoseconds)
{
    /// <summary>The file that a path names; a link is one itself.</summary>
    public static FileMark Of(string path) => Of(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW);

    /// <summary>The file that is open.</summary>
    public static FileMark Of(int descriptor) => Of(descriptor, "", Libc.AT_EMPTY_PATH);

    /// <summary>Whether both are the same file, whatever happened to it; where files cannot be told apart, all are.</summary>
    public bool IsSameFile(FileMark other) => (Exists, Device, Inode) == (other.Exists, other.Device, other.Inode);

    private static unsafe FileMark Of(int directory, string path, int flags)
    {
        Libc.StatX file;
        return OperatingSystem.IsLinux() && Libc.statx(directory, path, flags, Libc.STATX_BASIC_STATS, &file) == 0
            ? new FileMark(
                Exists: true, ((ulong)file.stx_dev_major << 32) | file.stx_dev_minor, file.stx_ino, file.stx_mode, file.stx_ctime_sec, file.stx_ctime_nsec)
            : default;
    }
}
