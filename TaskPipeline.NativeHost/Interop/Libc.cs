using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace TaskPipeline.NativeHost.Interop;

/// <summary>The C library as it is on Linux and, where a comment says so, on macOS. Called nowhere on Windows.</summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4;
    public const int SIGPIPE = 13;
    public const int RUSAGE_SELF = 0;
    public const int RUSAGE_CHILDREN = -1;
    public const int WNOHANG = 1;
    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int SIG_SETMASK = 2;
    public const int RTLD_NOW = 2;
    public const int O_CLOEXEC = 0x80000;
    public const int O_WRONLY = 1;
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EMPTY_PATH = 0x1000;
    public const uint STATX_BASIC_STATS = 0x7FF;

    // Also on macOS.
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nint count);

    // Also on macOS.
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    public static partial int dup2(int from, int to);

    [LibraryImport("libc")]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, StatX* result);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, byte* buffer, nint count, long offset);

    // Also on macOS.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int setenv(string name, string value, int overwrite);

    // Also on macOS.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chdir(string path);

    // Also on macOS. NULL flushes every open output stream.
    [LibraryImport("libc")]
    public static partial int fflush(nint stream);

    // Also on macOS.
    [LibraryImport("libc")]
    public static partial int setvbuf(nint stream, byte* buffer, int mode, nint size);

    // Also on macOS. The handler 0 is SIG_DFL.
    [LibraryImport("libc")]
    public static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    public static partial int pthread_sigmask(int how, byte* set, byte* before);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getrlimit(int resource, RLimit* limit);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setrlimit(int resource, RLimit* limit);

    [LibraryImport("libc")]
    public static partial int getrusage(int who, RUsage* usage);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int process, int* status, int options);

    [LibraryImport("libc")]
    public static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint dlopen(string path, int flags);

    [LibraryImport("libc")]
    public static partial byte* dlerror();

    // struct rlimit; C# reserves names of lower-case letters only.
    public struct RLimit
    {
        public const ulong Infinity = ulong.MaxValue;

        public ulong rlim_cur;
        public ulong rlim_max;
    }

    // struct statx, the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatX
    {
        [FieldOffset(28)]
        public ushort stx_mode;
        [FieldOffset(32)]
        public ulong stx_ino;
        [FieldOffset(96)]
        public long stx_ctime_sec;
        [FieldOffset(104)]
        public uint stx_ctime_nsec;
        [FieldOffset(136)]
        public uint stx_dev_major;
        [FieldOffset(140)]
        public uint stx_dev_minor;
    }

    // struct rusage.
    public struct RUsage
    {
        public long ru_utime_sec;
        public long ru_utime_usec;
        public long ru_stime_sec;
        public long ru_stime_usec;
        public long ru_maxrss;
        public fixed long rest[13];

        public readonly double CpuSeconds => ru_utime_sec + ru_stime_sec + ((ru_utime_usec + ru_stime_usec) / 1e6);
    }
}
