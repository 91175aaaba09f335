using System.Runtime.InteropServices;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// What the running task gets from its host and gives to it. There is one per process, since a host runs one task at a time and the
/// functions that C code calls are static. Those functions come from any thread; everything but the status page is under one lock. Each
/// names the context that its caller was given and does nothing unless that is the one of the run that is under way.
/// </summary>
/// <remarks>
/// What the task hands over is kept in native memory that is there before the run: a task that used up its memory limit gets an answer and
/// keeps its result, where an allocation of the runtime would end the process.
/// </remarks>
internal sealed unsafe class TaskContext
{
    private const int ContextsPerBlock = 512;

    private readonly Lock _lock = new();
    private readonly SharedStatusPage _page;
    private readonly ParameterTable _parameters = new();
    private readonly byte* _message = (byte*)NativeMemory.AllocZeroed(HostProtocol.MaxMessageBytes + 1);
    private readonly byte* _result = (byte*)NativeMemory.Alloc(HostProtocol.MaxDocumentBytes);
    private readonly tp_host_functions* _functions;
    private tp_context* _unusedContexts;
    private int _unusedContextCount;

    // Null between the runs.
    private volatile tp_context* _current;
    private int _resultBytes;
    private bool _hasResult;
    private bool _resultTooLarge;
    private byte* _scratch;

    public TaskContext(SharedStatusPage page)
    {
        _page = page;
        _functions = HostFunctions.CreateTable(this);
    }

    /// <summary>The context of the run that is under way; null between the runs.</summary>
    public tp_context* Native => _current;

    public StatusPageRecorder Page => _page.Recorder;

    public bool ResultTooLarge => _resultTooLarge;

    /// <summary>Whether <c>result</c> was called with something that was small enough.</summary>
    public bool HasResult => _hasResult;

    /// <summary>The result as the task gave it; valid until <see cref="End"/>.</summary>
    public ReadOnlySpan<byte> Result => new(_result, _resultBytes);

    /// <summary>The last message, with what is no UTF-8 replaced; empty when there is none.</summary>
    public string Message => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_message));

    public void Begin(RunRequest request)
    {
        lock (_lock)
        {
            _parameters.Load(request.Input.Span);
            _scratch = Utf8.Duplicate(request.ScratchDirectory);
            _message[0] = 0;
            _current = NewContext();
        }
    }

    /// <summary>
    /// From here on the functions of the run's context do nothing, whatever a thread that was left behind calls, in later runs too. Only a report
    /// of progress that is just being written is not waited for.
    /// </summary>
    public void Stop()
    {
        lock (_lock)
        {
            _current = null;
        }
    }

    /// <summary>Frees everything that belonged to the run.</summary>
    public void End()
    {
        lock (_lock)
        {
            _current = null;
            _parameters.Clear();
            NativeMemory.Free(_scratch);
            _scratch = null;
            (_resultBytes, _hasResult, _resultTooLarge) = (0, false, false);
        }
    }

    /// <returns>Whether the task should stop.</returns>
    public bool Progress(tp_context* context, int percent, byte* stage)
    {
        if (context != _current)
        {
            return false;
        }

        var page = _page.Recorder;
        page.Progress(percent, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(stage), keepStage: stage is null);
        return page.ShouldStop();
    }

    public bool ShouldStop(tp_context* context) => context == _current && _page.Recorder.ShouldStop();

    public bool TryGetParameter(tp_context* context, byte* name, out byte* text, out uint length)
    {
        lock (_lock)
        {
            text = null;
            length = 0;
            return context == _current && name is not null
                && _parameters.TryFind(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name), out text, out length);
        }
    }

    /// <summary>The whole input; null when there is none.</summary>
    public void GetInput(tp_context* context, out byte* bytes, out uint length)
    {
        lock (_lock)
        {
            var isCurrent = context == _current;
            bytes = isCurrent ? _parameters.Input : null;
            length = isCurrent ? (uint)_parameters.InputBytes : 0;
        }
    }

    public byte* GetScratch(tp_context* context) => context == _current ? _scratch : null;

    /// <summary>Keeps a copy in place of the result before. Needs no memory.</summary>
    /// <returns>False when it is too large.</returns>
    public bool TrySetResult(tp_context* context, byte* json, uint length)
    {
        lock (_lock)
        {
            if (context != _current)
            {
                return false;
            }

            _resultTooLarge = length > HostProtocol.MaxDocumentBytes;
            _hasResult = !_resultTooLarge;
            _resultBytes = _resultTooLarge || json is null ? 0 : (int)length;
            new ReadOnlySpan<byte>(json, _resultBytes).CopyTo(new Span<byte>(_result, _resultBytes));
            return _hasResult;
        }
    }

    /// <summary>Adds a line to standard output, after what the C library still held back.</summary>
    public void Log(tp_context* context, byte* text)
    {
        lock (_lock)
        {
            if (context == _current && text is not null)
            {
                StandardStreams.WriteLine(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
            }
        }
    }

    public void SetMessage(tp_context* context, byte* text)
    {
        lock (_lock)
        {
            if (context == _current)
            {
                var bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
                bytes = bytes[..Utf8.ShortenedLength(bytes, HostProtocol.MaxMessageBytes)];
                bytes.CopyTo(new Span<byte>(_message, HostProtocol.MaxMessageBytes));
                _message[bytes.Length] = 0;
            }
        }
    }

    // Each run has its own, by whose address its calls are known. None is freed or given out again, since a thread that was left behind may call with
    // it at any time: 8 bytes for each run, 8 KB in the life of a usual host.
    private tp_context* NewContext()
    {
        if (_unusedContextCount == 0)
        {
            _unusedContexts = (tp_context*)NativeMemory.Alloc(ContextsPerBlock, (nuint)sizeof(tp_context));
            _unusedContextCount = ContextsPerBlock;
        }

        _unusedContextCount--;
        _unusedContexts->host = _functions;
        return _unusedContexts++;
    }
}
