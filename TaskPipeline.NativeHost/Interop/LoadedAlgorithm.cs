using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>One algorithm of a loaded library, with what its <c>open</c> made. For one thread.</summary>
internal sealed unsafe class LoadedAlgorithm(AlgorithmDescriptor descriptor, tp_algorithm functions)
{
    private const int ErrorBytes = 1024;

    private void* _state;
    private bool _isOpen;

    public AlgorithmDescriptor Descriptor => descriptor;

    /// <summary>Opens it unless that has been done. A failure is not remembered: the next task tries again.</summary>
    /// <returns>Null, or why it failed.</returns>
    public string? Open()
    {
        if (_isOpen)
        {
            return null;
        }

        if (functions.open is not null)
        {
            var error = stackalloc byte[ErrorBytes];
            new Span<byte>(error, ErrorBytes).Clear();
            void* state = null;
            var status = functions.open(&state, error, ErrorBytes);
            if (status != (int)HostStatus.Ok)
            {
                error[ErrorBytes - 1] = 0;
                return *error == 0 ? $"open returned {status}" : Utf8.Read(error);
            }

            _state = state;
        }

        _isOpen = true;
        return null;
    }

    /// <summary>Runs one task. May never come back, and may take the process with it.</summary>
    /// <returns>What the algorithm returned, which may be any number.</returns>
    public int Run(TaskContext context) => functions.run(context.Native, _state);

    public void Close()
    {
        if (_isOpen && functions.close is not null)
        {
            functions.close(_state);
        }

        _isOpen = false;
    }
}
