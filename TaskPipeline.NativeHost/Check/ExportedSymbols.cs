using System.Buffers.Binary;
using System.Text;

namespace TaskPipeline.NativeHost.Check;

/// <summary>Reads the names that a 64-bit little-endian ELF file exports. Only looks at bytes: nothing of the library is run.</summary>
internal static class ExportedSymbols
{
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;
    private const uint DynamicSymbols = 11;

    // 64 bits, little endian.
    private static readonly byte[] s_magic = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];

    // Marks that linkers put into every library on their own.
    private static readonly HashSet<string> s_linkerSymbols = new(StringComparer.Ordinal) { "_init", "_fini", "_edata", "_end", "__bss_start" };

    /// <returns>The names, or null when the file is of another format.</returns>
    public static IReadOnlyList<string>? Read(string path)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        if (!file.StartsWith(s_magic) || file.Length < SectionHeaderBytes)
        {
            return null;
        }

        try
        {
            return Read(file);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            // An offset that points out of the file: not a library that anything could load.
            return null;
        }
    }

    private static List<string> Read(ReadOnlySpan<byte> file)
    {
        var names = new List<string>();
        var sections = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file[0x28..]));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3C..]);
        for (var index = 0; index < count; index++)
        {
            var section = Section(file, sections, index);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == DynamicSymbols)
            {
                var strings = Section(file, sections, (int)BinaryPrimitives.ReadUInt32LittleEndian(section[0x28..]));
                Collect(Content(file, section), Content(file, strings), names);
            }
        }

        return names;
    }

    private static void Collect(ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> strings, List<string> names)
    {
        for (; symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
        {
            // st_name u32, st_info u8 (binding in the upper half: 0 is local), st_other u8 (visibility: 0 default, 3 protected), st_shndx u16 (0: imported)
            var isLocal = symbols[4] >> 4 == 0;
            var isVisible = (symbols[5] & 3) is 0 or 3;
            var isImported = BinaryPrimitives.ReadUInt16LittleEndian(symbols[6..]) == 0;
            if (isLocal || !isVisible || isImported)
            {
                continue;
            }

            var text = strings[(int)BinaryPrimitives.ReadUInt32LittleEndian(symbols)..];
            var name = Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
            if (!s_linkerSymbols.Contains(name))
            {
                names.Add(name);
            }
        }
    }

    private static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, int sections, int index) =>
        file.Slice(checked(sections + (index * SectionHeaderBytes)), SectionHeaderBytes);

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) =>
        file.Slice(
            checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..])),
            checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x20..])));
}
