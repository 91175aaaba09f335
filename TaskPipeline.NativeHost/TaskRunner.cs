using System.Text.Json;
using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost;

/// <summary>Runs one task after the other. Whatever the library, its algorithm or the input is, there is a reply, unless the process dies.</summary>
internal sealed class TaskRunner(SharedStatusPage page, LibraryFolders folders)
{
    private const int MaxResultDepth = 64;

    private readonly Dictionary<string, AlgorithmLibrary> _libraries = new(StringComparer.Ordinal);
    private readonly TaskContext _context = new(page);
    private readonly RunEnvironment _environment = new();
    private readonly ProcessAccounting _accounting = new();
    private readonly ScratchFolder _scratch = new();

    // After those that keep files of their own open.
    private readonly OpenDescriptors _descriptors = new();

    public FinishedReply Run(RunRequest request)
    {
        _accounting.Begin();
        _context.Begin(request);
        _context.Page.Begin(request.Sequence);
        try
        {
            var (status, message) = RunInside(request);
            return Finish(request, Judge(status, message));
        }
        finally
        {
            _context.Page.End();
            _context.End();
        }
    }

    /// <summary>Calls <c>close</c> of every algorithm that was opened.</summary>
    public void Close()
    {
        foreach (var algorithm in _libraries.Values.SelectMany(library => library.Algorithms))
        {
            algorithm.Close();
        }
    }

    private (HostStatus Status, string Message) RunInside(RunRequest request)
    {
        try
        {
            _scratch.Enter(request.ScratchDirectory);
            _environment.Enter(request, _accounting.OwnCpuSecondsBefore, _accounting.UnusedDataBytes);
            return Call(request);
        }
        catch (LibraryException exception)
        {
            return (HostStatus.LibraryUnusable, $"{request.LibraryPath}: {exception.Message}");
        }
        catch (IOException exception)
        {
            return (HostStatus.SetupFailed, exception.Message);
        }
        finally
        {
            _context.Stop();
            _environment.Leave(request);
        }
    }

    private (HostStatus Status, string Message) Call(RunRequest request)
    {
        var algorithm = Library(request.LibraryPath).Find(request.Algorithm);
        if (algorithm is null)
        {
            return (HostStatus.AlgorithmMissing, $"{request.LibraryPath} has no algorithm {request.Algorithm}");
        }

        if (algorithm.Open() is { } problem)
        {
            return (HostStatus.OpenFailed, problem);
        }

        var returned = algorithm.Run(_context);
        return (HostStatus)returned is HostStatus.Ok or HostStatus.Error or HostStatus.RetryableError or HostStatus.InvalidInput or HostStatus.Stopped
            ? ((HostStatus)returned, _context.Message)
            : (HostStatus.Error, $"run returned {returned}, which is no status; its message: {_context.Message}");
    }

    private AlgorithmLibrary Library(string path)
    {
        if (!_libraries.TryGetValue(path, out var library))
        {
            library = folders.Contain(path)
                ? AlgorithmLibrary.Load(path)
                : throw new LibraryException("it is not in a folder that this host may load from");
            _libraries.Add(path, library);
        }

        return library;
    }

    // A result that breaks the rules fails the task whatever run returned, as the header says.
    private (HostStatus Status, string Message, bool HasResult) Judge(HostStatus status, string message)
    {
        if (_context.ResultTooLarge)
        {
            return (HostStatus.ResultTooLarge, $"the result is larger than {HostProtocol.MaxDocumentBytes} bytes", false);
        }

        if (!_context.HasResult)
        {
            return (status, message, false);
        }

        return Fault(_context.Result) is { } fault
            ? (HostStatus.ResultNotJson, $"the result is not JSON: {fault}", false)
            : (status, message, true);
    }

    private static string? Fault(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxResultDepth });
            while (reader.Read())
            {
                // The reader checks the form, but leaves the text of strings as it is: read it, for its UTF-8.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !System.Text.Unicode.Utf8.IsValid(reader.ValueSpan))
                {
                    return "it has a string that is not UTF-8";
                }
            }

            return null;
        }
        catch (JsonException exception)
        {
            return exception.Message;
        }
    }

    private FinishedReply Finish(RunRequest request, (HostStatus Status, string Message, bool HasResult) outcome)
    {
        var marked = StandardStreams.Mark(request.OutputToken);
        var alive = Subtree.ReapAndTellIfAlive();
        var untouched = _scratch.IsUntouched();
        var leftOpen = _descriptors.AreLeftBehind(request.OpenFilesLimit);
        var usage = _accounting.End();
        return new FinishedReply
        {
            Sequence = request.Sequence,
            Status = outcome.Status,
            Message = outcome.Message,
            Result = outcome.HasResult ? (ReadOnlyMemory<byte>?)_context.Result.ToArray() : null,
            CpuSeconds = usage.CpuSeconds,
            TotalCpuSeconds = usage.TotalCpuSeconds,
            PeakMemoryBytes = usage.PeakBytes,
            MemoryBytes = usage.ResidentBytes,
            Flags = marked
                | (alive ? FinishedFlags.SubtreeNotEmpty : FinishedFlags.None)
                | (untouched ? FinishedFlags.ScratchUntouched : FinishedFlags.None)
                | (leftOpen ? FinishedFlags.DescriptorsLeftOpen : FinishedFlags.None),
        };
    }
}
