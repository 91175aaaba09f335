using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace TaskPipeline.Architecture.Tests;

/// <summary>What the metadata and the code of a built assembly say about who uses what.</summary>
/// <param name="Name">The name of the assembly.</param>
/// <param name="References">The assemblies it refers to.</param>
/// <param name="Types">Its types, nested and generated ones counted to the type that contains them.</param>
/// <param name="HasUnsafeCode">Whether it was compiled with unsafe code.</param>
internal sealed record ProductAssembly(string Name, IReadOnlyList<string> References, IReadOnlyList<ProductType> Types, bool HasUnsafeCode)
{
    /// <summary>The types of a folder and those below it: namespaces follow folders.</summary>
    public IEnumerable<ProductType> Folder(string folder) =>
        Types.Where(type => type.Namespace == $"{Name}.{folder}" || type.Namespace.StartsWith($"{Name}.{folder}.", StringComparison.Ordinal));

    public static ProductAssembly Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeDefinitions.Select(handle => TypeUses.Of(file, metadata, handle))
            .Where(type => type.Namespace.Length > 0 || type.Name == "Program")
            .GroupBy(type => (type.Namespace, type.Name))
            .Select(parts => new ProductType(
                parts.Key.Namespace,
                parts.Key.Name,
                parts.SelectMany(part => part.Uses).ToImmutableSortedSet(StringComparer.Ordinal),
                parts.SelectMany(part => part.Calls).ToImmutableSortedSet(StringComparer.Ordinal),
                parts.First(part => part.IsOutermost).Base,
                parts.First(part => part.IsOutermost).Attributes,
                parts.Any(part => part.HasPInvoke)));
        return new ProductAssembly(
            metadata.GetString(metadata.GetAssemblyDefinition().Name),
            [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))],
            [.. types],
            metadata.GetCustomAttributes(EntityHandle.ModuleDefinition).Any(handle => NameOf(metadata, handle) == "UnverifiableCodeAttribute"));
    }

    private static string NameOf(MetadataReader metadata, CustomAttributeHandle handle)
    {
        var constructor = metadata.GetCustomAttribute(handle).Constructor;
        return constructor.Kind == HandleKind.MemberReference && metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent is { Kind: HandleKind.TypeReference } parent
            ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)parent).Name)
            : "";
    }
}

/// <summary>One type.</summary>
/// <param name="Namespace">Its namespace, which is its folder.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uses">The full names of the types that it mentions, in declarations and in code.</param>
/// <param name="Calls">The methods of other assemblies that it calls, as <c>Namespace.Type::Method</c>.</param>
/// <param name="Base">The full name of the class that it extends.</param>
/// <param name="Attributes">Its visibility and kind.</param>
/// <param name="HasPInvoke">Whether it declares a function of a native library.</param>
internal sealed record ProductType(
    string Namespace, string Name, ImmutableSortedSet<string> Uses, ImmutableSortedSet<string> Calls, string Base, TypeAttributes Attributes, bool HasPInvoke)
{
    public string FullName => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";

    /// <summary>Whether it mentions a type of the namespace or of one below it, or the type of that very name.</summary>
    public bool UsesAny(params string[] names) => names.Any(name => Uses.Any(used => used == name || used.StartsWith(name + ".", StringComparison.Ordinal)));
}
