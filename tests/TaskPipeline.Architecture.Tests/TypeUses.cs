using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace TaskPipeline.Architecture.Tests;

/// <summary>What one type definition mentions: its base, interfaces, members, locals, and every token in its code.</summary>
/// <param name="Namespace">The namespace of the outermost type.</param>
/// <param name="Name">The name of the outermost type.</param>
/// <param name="IsOutermost">Whether it is that type itself.</param>
/// <param name="Uses">The full names of the types.</param>
/// <param name="Calls">The methods of other assemblies.</param>
/// <param name="Base">The class that it extends.</param>
/// <param name="Attributes">Its visibility and kind.</param>
/// <param name="HasPInvoke">Whether it declares a native function.</param>
internal sealed record TypeUses(
    string Namespace, string Name, bool IsOutermost, IReadOnlyCollection<string> Uses, IReadOnlyCollection<string> Calls, string Base,
    TypeAttributes Attributes, bool HasPInvoke)
{
    /// <summary>The size of what follows each opcode that has a token, and of all others, by value.</summary>
    private static readonly Dictionary<int, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (int)(ushort)code.Value);

    public static TypeUses Of(PEReader file, MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var definition = metadata.GetTypeDefinition(handle);
        var outermost = definition;
        while (!outermost.GetDeclaringType().IsNil)
        {
            outermost = metadata.GetTypeDefinition(outermost.GetDeclaringType());
        }

        var names = new NameCollector(metadata);
        var calls = new HashSet<string>(StringComparer.Ordinal);
        names.Add(definition.BaseType);
        foreach (var implementation in definition.GetInterfaceImplementations())
        {
            names.Add(metadata.GetInterfaceImplementation(implementation).Interface);
        }

        foreach (var field in definition.GetFields())
        {
            metadata.GetFieldDefinition(field).DecodeSignature(names, null);
        }

        var pinvoke = false;
        foreach (var method in definition.GetMethods().Select(metadata.GetMethodDefinition))
        {
            pinvoke |= method.Attributes.HasFlag(MethodAttributes.PinvokeImpl);
            method.DecodeSignature(names, null);
            if (method.RelativeVirtualAddress != 0)
            {
                ReadBody(file.GetMethodBody(method.RelativeVirtualAddress), metadata, names, calls);
            }
        }

        return new TypeUses(
            metadata.GetString(outermost.Namespace), metadata.GetString(outermost.Name), definition.GetDeclaringType().IsNil, names.Names, calls,
            names.NameOf(definition.BaseType), definition.Attributes, pinvoke);
    }

    private static void ReadBody(MethodBodyBlock body, MetadataReader metadata, NameCollector names, HashSet<string> calls)
    {
        if (!body.LocalSignature.IsNil)
        {
            metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(names, null);
        }

        foreach (var region in body.ExceptionRegions.Where(region => !region.CatchType.IsNil))
        {
            names.Add(region.CatchType);
        }

        var code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            var opCode = s_opCodes[value == 0xFE ? 0xFE00 | code.ReadByte() : value];
            switch (opCode.OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    AddToken(MetadataTokens.EntityHandle(code.ReadInt32()), metadata, names, calls);
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                default:
                    code.Offset += SizeOf(opCode.OperandType);
                    break;
            }
        }
    }

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private static void AddToken(EntityHandle token, MetadataReader metadata, NameCollector names, HashSet<string> calls)
    {
        switch (token.Kind)
        {
            case HandleKind.MethodSpecification:
                var specification = metadata.GetMethodSpecification((MethodSpecificationHandle)token);
                specification.DecodeSignature(names, null);
                AddToken(specification.Method, metadata, names, calls);
                break;
            case HandleKind.MemberReference:
                var member = metadata.GetMemberReference((MemberReferenceHandle)token);
                names.Add(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Method)
                {
                    member.DecodeMethodSignature(names, null);
                    calls.Add($"{names.NameOf(member.Parent)}::{metadata.GetString(member.Name)}");
                }
                else
                {
                    member.DecodeFieldSignature(names, null);
                }

                break;
            case HandleKind.MethodDefinition:
                names.Add(metadata.GetMethodDefinition((MethodDefinitionHandle)token).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                names.Add(metadata.GetFieldDefinition((FieldDefinitionHandle)token).GetDeclaringType());
                break;
            default:
                names.Add(token);
                break;
        }
    }

    /// <summary>Collects the full name of every named type that a signature has.</summary>
    private sealed class NameCollector(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
    {
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Names => _names;

        public void Add(EntityHandle handle) => NameOf(handle);

        public string NameOf(EntityHandle handle) => handle.Kind switch
        {
            _ when handle.IsNil => "",
            HandleKind.TypeReference => GetTypeFromReference(metadata, (TypeReferenceHandle)handle, 0),
            HandleKind.TypeDefinition => GetTypeFromDefinition(metadata, (TypeDefinitionHandle)handle, 0),
            HandleKind.TypeSpecification => GetTypeFromSpecification(metadata, null, (TypeSpecificationHandle)handle, 0),
            _ => "",
        };

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            return type.ResolutionScope.Kind == HandleKind.TypeReference
                ? GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, rawTypeKind)
                : Note($"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}");
        }

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeDefinition(handle);
            return type.GetDeclaringType().IsNil
                ? Note($"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}")
                : GetTypeFromDefinition(reader, type.GetDeclaringType(), rawTypeKind);
        }

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => genericType;

        public string GetArrayType(string elementType, ArrayShape shape) => elementType;

        public string GetByReferenceType(string elementType) => elementType;

        public string GetFunctionPointerType(MethodSignature<string> signature) => "";

        public string GetGenericMethodParameter(object? genericContext, int index) => "";

        public string GetGenericTypeParameter(object? genericContext, int index) => "";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType;

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => "";

        public string GetSZArrayType(string elementType) => elementType;

        private string Note(string name)
        {
            _names.Add(name);
            return name;
        }
    }
}
