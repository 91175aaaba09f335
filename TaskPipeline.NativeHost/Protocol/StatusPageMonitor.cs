using System.IO.MemoryMappedFiles;
using System.Text;

namespace TaskPipeline.NativeHost.Protocol;

/// <summary>
/// The worker's side of a status page. Native code can write anything into the page, so every value is moved into its range
/// and reading never waits for the host. For one thread at a time; <see cref="RequestStop"/> may be called from any thread.
/// </summary>
internal sealed class StatusPageMonitor : IDisposable
{
    private const int ReadAttempts = 8;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte[] _stageBytes = new byte[StatusPageLayout.MaxStageBytes];
    private string? _stage;
    private uint _stageVersion;

    private StatusPageMonitor(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, StatusPageLayout.Bytes, MemoryMappedFileAccess.ReadWrite);
    }

    /// <summary>Creates the file, which must not be there yet, readable by nobody else. Once the host said hello it may be deleted: both keep the memory.</summary>
    /// <exception cref="IOException">It cannot be created; the disk is full, for example.</exception>
    public static StatusPageMonitor Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, options);
        try
        {
            // Written, not only made so long: whoever touches memory for which the disk has no room any more is ended by SIGBUS, and that may be the worker.
            stream.Write(new byte[StatusPageLayout.Bytes]);
            return new StatusPageMonitor(MemoryMappedFile.CreateFromFile(
                stream, mapName: null, StatusPageLayout.Bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Asks the task of that sequence to stop. No effect on any other, so a request that comes too late does no harm.</summary>
    public void RequestStop(ulong sequence)
    {
        _view.Write(StatusPageLayout.StopSequence, sequence);
        Thread.MemoryBarrier();
    }

    /// <summary>What the page says of a task: nothing before its host has begun it, the last words after it has ended.</summary>
    public StatusSample Sample(ulong sequence)
    {
        Thread.MemoryBarrier();
        var reported = _view.ReadUInt64(StatusPageLayout.ReportedSequence);
        Thread.MemoryBarrier();
        return reported != sequence
            ? default
            : new StatusSample(
                _view.ReadUInt64(StatusPageLayout.ProgressCalls), Math.Clamp(_view.ReadInt32(StatusPageLayout.Percent), 0, 100), ReadStage());
    }

    /// <summary>The task that runs, or 0. May be called from any thread.</summary>
    public ulong ReadRunningSequence()
    {
        Thread.MemoryBarrier();
        return _view.ReadUInt64(StatusPageLayout.RunningSequence);
    }

    /// <summary>How often the percentage of the task fell; stays readable until the next task begins.</summary>
    public uint ReadRegressions()
    {
        Thread.MemoryBarrier();
        return _view.ReadUInt32(StatusPageLayout.Regressions);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    // A host that died while it wrote leaves the version odd for ever: then the stage before it is the best there is.
    private string? ReadStage()
    {
        for (var attempt = 0; attempt < ReadAttempts; attempt++)
        {
            var version = _view.ReadUInt32(StatusPageLayout.StageVersion);
            if (version == _stageVersion)
            {
                return _stage;
            }

            if ((version & 1) != 0)
            {
                continue;
            }

            Thread.MemoryBarrier();
            var length = (int)Math.Min(_view.ReadUInt32(StatusPageLayout.StageLength), StatusPageLayout.MaxStageBytes);
            _view.ReadArray(StatusPageLayout.Stage, _stageBytes, 0, length);
            Thread.MemoryBarrier();
            if (_view.ReadUInt32(StatusPageLayout.StageVersion) == version)
            {
                _stage = length == 0 ? null : Encoding.UTF8.GetString(_stageBytes, 0, length);
                _stageVersion = version;
                return _stage;
            }
        }

        return _stage;
    }
}
