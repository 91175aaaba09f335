using System.Runtime.InteropServices;

namespace TaskPipeline.NativeHost.Interop;

// The structures of native/include/taskpipeline/tp_algorithm.h, member by member in the same order. Names are the header's own;
// a test compares sizes and offsets with what the C compiler says.

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct tp_host_functions
{
    public uint struct_size;
    public uint abi_version;
    public delegate* unmanaged[Cdecl]<tp_context*, int, byte*, int> progress;
    public delegate* unmanaged[Cdecl]<tp_context*, int> should_stop;
    public delegate* unmanaged[Cdecl]<tp_context*, byte*, byte**, uint*, int> parameter;
    public delegate* unmanaged[Cdecl]<tp_context*, byte**, uint*, void> input;
    public delegate* unmanaged[Cdecl]<tp_context*, byte*, uint, int> result;
    public delegate* unmanaged[Cdecl]<tp_context*, byte*, void> log;
    public delegate* unmanaged[Cdecl]<tp_context*, byte*, void> message;
    public delegate* unmanaged[Cdecl]<tp_context*, byte*> scratch;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct tp_context
{
    public tp_host_functions* host;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct tp_algorithm
{
    public uint struct_size;
    public uint max_concurrent;
    public byte* name;
    public byte* version;
    public byte* description;
    public double default_timeout_seconds;
    public double expected_seconds;
    public byte* cost_parameter;
    public ulong memory_limit_bytes;
    public double cpu_limit_seconds;
    public delegate* unmanaged[Cdecl]<tp_context*, void*, int> run;
    public delegate* unmanaged[Cdecl]<void**, byte*, uint, int> open;
    public delegate* unmanaged[Cdecl]<void*, void> close;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct tp_library
{
    public uint struct_size;
    public uint abi_version;
    public uint algorithm_size;
    public uint algorithm_count;
    public tp_algorithm* algorithms;
}
