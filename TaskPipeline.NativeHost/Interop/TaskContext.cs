using System.Runtime.InteropServices;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// What the running task gets from its host and gives to it. There is one per process, since a host runs one task at a time and the
/// functions that C code calls are static. Those functions come from any thread; everything but the status page is under one lock.
/// </summary>
/// <remarks>What the task hands over is kept in native memory: a task that used up its memory limit gets an answer, where an allocation of the runtime would end the process.</remarks>
internal sealed unsafe class TaskContext
{
    private readonly Lock _lock = new();
    private readonly SharedStatusPage _page;
    private readonly ParameterTable _parameters = new();
    private readonly byte* _message = (byte*)NativeMemory.AllocZeroed(HostProtocol.MaxMessageBytes + 1);
    private readonly tp_context* _native;
    private byte* _result;
    private int _resultBytes;
    private bool _resultTooLarge;
    private byte* _scratch;
    private bool _running;

    public TaskContext(SharedStatusPage page)
    {
        _page = page;
        _native = HostFunctions.CreateContext(this);
    }

    public tp_context* Native => _native;

    public StatusPageRecorder Page => _page.Recorder;

    public bool ResultTooLarge => _resultTooLarge;

    /// <summary>Whether <c>result</c> was called with something that was small enough.</summary>
    public bool HasResult => _result is not null;

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
            _running = true;
        }
    }

    /// <summary>From here on the functions of the context do nothing, whatever a thread that was left behind calls.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _running = false;
        }
    }

    /// <summary>Frees everything that belonged to the run.</summary>
    public void End()
    {
        lock (_lock)
        {
            _running = false;
            _parameters.Clear();
            NativeMemory.Free(_scratch);
            _scratch = null;
            ForgetResult();
        }
    }

    /// <returns>Whether the task should stop.</returns>
    public bool Progress(int percent, byte* stage)
    {
        var page = _page.Recorder;
        page.Progress(percent, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(stage), keepStage: stage is null);
        return page.ShouldStop();
    }

    public bool ShouldStop() => _page.Recorder.ShouldStop();

    public bool TryGetParameter(byte* name, out byte* text, out uint length)
    {
        lock (_lock)
        {
            text = null;
            length = 0;
            return _running && name is not null
                && _parameters.TryFind(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name), out text, out length);
        }
    }

    public void GetInput(out byte* bytes, out uint length)
    {
        lock (_lock)
        {
            bytes = _parameters.Input;
            length = (uint)_parameters.InputBytes;
        }
    }

    public byte* Scratch => _scratch;

    /// <returns>False when it is too large, or no memory is left for it.</returns>
    public bool TrySetResult(byte* json, uint length)
    {
        lock (_lock)
        {
            ForgetResult();
            if (!_running || length > HostProtocol.MaxDocumentBytes)
            {
                _resultTooLarge = _running;
                return false;
            }

            _result = (byte*)NativeMemory.Alloc(length + 1);
            _resultBytes = json is null ? 0 : (int)length;
            new ReadOnlySpan<byte>(json, _resultBytes).CopyTo(new Span<byte>(_result, _resultBytes));
            return true;
        }
    }

    /// <summary>Adds a line to standard output, after what the C library still held back.</summary>
    public void Log(byte* text)
    {
        lock (_lock)
        {
            if (_running && text is not null)
            {
                StandardStreams.WriteLine(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
            }
        }
    }

    public void SetMessage(byte* text)
    {
        lock (_lock)
        {
            if (_running)
            {
                var bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
                bytes = bytes[..Utf8.ShortenedLength(bytes, HostProtocol.MaxMessageBytes)];
                bytes.CopyTo(new Span<byte>(_message, HostProtocol.MaxMessageBytes));
                _message[bytes.Length] = 0;
            }
        }
    }

    private void ForgetResult()
    {
        NativeMemory.Free(_result);
        _result = null;
        _resultBytes = 0;
        _resultTooLarge = false;
    }
}
