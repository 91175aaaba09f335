using Google.Protobuf;

namespace TaskPipeline.Telemetry.Tests.Otlp;

/// <summary>
/// A message in protobuf's wire format, read without its schema: fields by number, as often as they occur. Enough to read OTLP, whose
/// generated classes no package has.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly ILookup<int, object> _fields;

    public ProtobufMessage(byte[] bytes)
    {
        var fields = new List<(int Number, object Value)>();
        using var input = new CodedInputStream(bytes);
        while (input.ReadTag() is not 0 and var tag)
        {
            fields.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                var other => throw new InvalidDataException($"{other} is not a type of OTLP's messages"),
            }));
        }

        _fields = fields.ToLookup(field => field.Number, field => field.Value);
    }

    public IEnumerable<ProtobufMessage> Messages(int number) => _fields[number].Select(value => new ProtobufMessage((byte[])value));

    public ProtobufMessage? Message(int number) => Messages(number).FirstOrDefault();

    public string Text(int number) => _fields[number].FirstOrDefault() is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";

    public string Hex(int number) => _fields[number].FirstOrDefault() is byte[] bytes ? Convert.ToHexStringLower(bytes) : "";

    public ulong? Number(int number) => _fields[number].FirstOrDefault() as ulong?;

    /// <summary>The key-values of a field, each with its value as text.</summary>
    public IReadOnlyDictionary<string, string> Attributes(int number) => Messages(number)
        .GroupBy(pair => pair.Text(1), pair => pair.Message(2)?.Any() ?? "")
        .ToDictionary(pairs => pairs.Key, pairs => pairs.Last());

    /// <summary>This message as an AnyValue: text, truth, whole or broken number.</summary>
    public string Any() => this switch
    {
        _ when _fields[1].Any() => Text(1),
        _ when Number(2) is { } truth => truth == 1 ? "true" : "false",
        _ when Number(3) is { } whole => ((long)whole).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ when Number(4) is { } broken => BitConverter.UInt64BitsToDouble(broken).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => "",
    };
}
