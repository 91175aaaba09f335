using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>The functions of tp_host_functions as C code calls them. No exception crosses: what fails answers as the header says failure looks, or does nothing.</summary>
internal static unsafe class HostFunctions
{
    // Written once before the first run, read by every thread of native code.
    private static TaskContext? s_context;

    /// <summary>Makes the table to which the contexts of all runs point; it is never freed, since a thread that was left behind may still look at it.</summary>
    public static tp_host_functions* CreateTable(TaskContext context)
    {
        s_context = context;
        var functions = (tp_host_functions*)NativeMemory.AllocZeroed((nuint)sizeof(tp_host_functions));
        functions->struct_size = (uint)sizeof(tp_host_functions);
        functions->abi_version = TpAbi.Version;
        functions->progress = &Progress;
        functions->should_stop = &ShouldStop;
        functions->parameter = &Parameter;
        functions->input = &Input;
        functions->result = &Result;
        functions->log = &Log;
        functions->message = &Message;
        functions->scratch = &Scratch;
        return functions;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Progress(tp_context* context, int percent, byte* stage)
    {
        try
        {
            return s_context!.Progress(context, percent, stage) ? 1 : 0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShouldStop(tp_context* context)
    {
        try
        {
            return s_context!.ShouldStop(context) ? 1 : 0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Parameter(tp_context* context, byte* name, byte** text, uint* length)
    {
        try
        {
            if (!s_context!.TryGetParameter(context, name, out var value, out var valueBytes))
            {
                // Both stay as the caller set them: its defaults.
                return 0;
            }

            Store(text, value, length, valueBytes);
            return 1;
        }
        catch (Exception)
        {
            // No memory for the table: the same as not found.
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Input(tp_context* context, byte** bytes, uint* length)
    {
        byte* value = null;
        uint valueBytes = 0;
        try
        {
            s_context!.GetInput(context, out value, out valueBytes);
        }
        catch (Exception)
        {
            // The empty answer stands.
        }

        Store(bytes, value, length, valueBytes);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Result(tp_context* context, byte* json, uint length)
    {
        try
        {
            return s_context!.TrySetResult(context, json, length) ? 0 : -1;
        }
        catch (Exception)
        {
            return -1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Log(tp_context* context, byte* text)
    {
        try
        {
            s_context!.Log(context, text);
        }
        catch (Exception)
        {
            // A line of output less.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Message(tp_context* context, byte* text)
    {
        try
        {
            s_context!.SetMessage(context, text);
        }
        catch (Exception)
        {
            // The message before stands.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Scratch(tp_context* context) => s_context!.GetScratch(context);

    // C code that does not want one of the two may pass NULL for it.
    private static void Store(byte** target, byte* value, uint* lengthTarget, uint length)
    {
        if (target is not null)
        {
            *target = value;
        }

        if (lengthTarget is not null)
        {
            *lengthTarget = length;
        }
    }
}
