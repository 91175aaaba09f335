using System.Runtime.InteropServices;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>One loaded library; stays loaded until the process ends, because nobody can know what it left behind. For one thread.</summary>
internal sealed unsafe class AlgorithmLibrary
{
    private readonly Dictionary<string, LoadedAlgorithm> _algorithms = new(StringComparer.Ordinal);

    private AlgorithmLibrary(tp_library* library)
    {
        foreach (var (descriptor, functions) in DescriptionReader.Read(library))
        {
            _algorithms.Add(descriptor.Name, new LoadedAlgorithm(descriptor, functions));
        }

        AbiVersion = library->abi_version;
    }

    public uint AbiVersion { get; }

    /// <summary>In the order of the library.</summary>
    public IReadOnlyCollection<LoadedAlgorithm> Algorithms => _algorithms.Values;

    /// <summary>Loads a library and asks it for its algorithms. Code of the library runs here: constructors, and its describe function.</summary>
    /// <exception cref="LibraryException">It cannot be loaded or used.</exception>
    public static AlgorithmLibrary Load(string path)
    {
        var handle = Open(path);
        if (!NativeLibrary.TryGetExport(handle, TpAbi.DescribeSymbol, out var describe))
        {
            throw new LibraryException($"it does not export {TpAbi.DescribeSymbol}");
        }

        return new AlgorithmLibrary(((delegate* unmanaged[Cdecl]<tp_library*>)describe)());
    }

    public LoadedAlgorithm? Find(string name) => _algorithms.GetValueOrDefault(name);

    // Every symbol is looked up at once: a library that misses one shall fail here, by name, not end the host in the middle of a run.
    private static nint Open(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            var handle = Libc.dlopen(path, Libc.RTLD_NOW);
            return handle != 0 ? handle : throw new LibraryException($"it cannot be loaded: {Utf8.Read(Libc.dlerror())}");
        }

        return NativeLibrary.TryLoad(path, out var loaded)
            ? loaded
            : throw new LibraryException("it cannot be loaded");
    }
}
