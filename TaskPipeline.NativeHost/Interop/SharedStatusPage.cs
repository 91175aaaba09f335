using System.IO.MemoryMappedFiles;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>The status page mapped into this process for as long as it lives. Leaves no descriptor open that native code could find.</summary>
internal sealed unsafe class SharedStatusPage
{
    private readonly byte* _address;

    // Holds the mapping: it must not be collected while the address is used.
    private readonly MemoryMappedViewAccessor _view;

    private SharedStatusPage(MemoryMappedFile file)
    {
        _view = file.CreateViewAccessor(0, StatusPageLayout.Bytes, MemoryMappedFileAccess.ReadWrite);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _address);
    }

    /// <exception cref="IOException">The file is not there, or is not a page long.</exception>
    public static SharedStatusPage Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (stream.Length != StatusPageLayout.Bytes)
        {
            throw new IOException($"The status page has {stream.Length} bytes, not {StatusPageLayout.Bytes}.");
        }

        using var file = MemoryMappedFile.CreateFromFile(
            stream, mapName: null, StatusPageLayout.Bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        return new SharedStatusPage(file);
    }

    public StatusPageRecorder Recorder => new(new Span<byte>(_address, StatusPageLayout.Bytes));
}
