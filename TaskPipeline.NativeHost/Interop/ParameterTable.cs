using System.Runtime.InteropServices;
using System.Text.Json;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>
/// The input of the running task and its top-level scalars, in memory that C code may read: each text is ended by a zero byte and stays
/// where it is until <see cref="Clear"/>. Nothing is parsed before the first question. Not safe for threads: the caller locks.
/// </summary>
internal sealed unsafe class ParameterTable
{
    private readonly List<Entry> _entries = [];
    private byte* _input;
    private byte* _texts;
    private int _inputBytes;

    public byte* Input => _input;

    public int InputBytes => _inputBytes;

    public void Load(ReadOnlySpan<byte> input)
    {
        Clear();
        _input = (byte*)NativeMemory.Alloc((nuint)input.Length + 1);
        input.CopyTo(new Span<byte>(_input, input.Length));
        _input[input.Length] = 0;
        _inputBytes = input.Length;
    }

    public void Clear()
    {
        _entries.Clear();
        NativeMemory.Free(_input);
        NativeMemory.Free(_texts);
        _input = null;
        _texts = null;
        _inputBytes = 0;
    }

    /// <summary>Finds a member by its unescaped name; of two with one name, the last, as JSON readers do.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out byte* text, out uint length)
    {
        if (_texts is null)
        {
            Parse();
        }

        for (var index = _entries.Count - 1; index >= 0; index--)
        {
            var entry = _entries[index];
            if (name.SequenceEqual(new ReadOnlySpan<byte>(_texts + entry.Name, entry.NameBytes)))
            {
                text = _texts + entry.Text;
                length = (uint)entry.TextBytes;
                return true;
            }
        }

        text = null;
        length = 0;
        return false;
    }

    // One block serves all texts: "a":1, needs more bytes in the input than a, 1 and a zero, and unescaping never lengthens.
    private void Parse()
    {
        _texts = (byte*)NativeMemory.Alloc((nuint)_inputBytes + 1);
        var texts = new Span<byte>(_texts, _inputBytes + 1);
        var used = 0;
        try
        {
            var reader = new Utf8JsonReader(new ReadOnlySpan<byte>(_input, _inputBytes));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadMember(ref reader, texts, ref used);
            }
        }
        catch (JsonException)
        {
            // The API lets nothing through but objects; what was read before the fault stays.
        }
    }

    private void ReadMember(ref Utf8JsonReader reader, Span<byte> texts, ref int used)
    {
        var name = used;
        var nameBytes = reader.CopyString(texts[used..]);
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        var text = name + nameBytes;
        var textBytes = CopyScalar(ref reader, texts[text..]);
        texts[text + textBytes] = 0;
        used = text + textBytes + 1;
        _entries.Add(new Entry(name, nameBytes, text, textBytes));
    }

    private static int CopyScalar(ref Utf8JsonReader reader, Span<byte> target)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.CopyString(target);
        }

        reader.ValueSpan.CopyTo(target);
        return reader.ValueSpan.Length;
    }

    private readonly record struct Entry(int Name, int NameBytes, int Text, int TextBytes);
}
