using System.Runtime.InteropServices;
using System.Text;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>Text between .NET and C.</summary>
internal static unsafe class Utf8
{
    /// <summary>Copies a string into native memory, ended by a zero byte; free it with <see cref="NativeMemory.Free"/>.</summary>
    public static byte* Duplicate(string text)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        var copy = (byte*)NativeMemory.Alloc((nuint)count + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, count));
        copy[count] = 0;
        return copy;
    }

    /// <summary>Reads a text that ends with a zero byte; null stays null, what is no UTF-8 is replaced.</summary>
    public static string? Read(byte* text) =>
        text is null ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    /// <summary>The greatest length up to <paramref name="maxBytes"/> that does not cut a character in two.</summary>
    public static int ShortenedLength(ReadOnlySpan<byte> text, int maxBytes)
    {
        if (text.Length <= maxBytes)
        {
            return text.Length;
        }

        var length = maxBytes;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return length;
    }
}
