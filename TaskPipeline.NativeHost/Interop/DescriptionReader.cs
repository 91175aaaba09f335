using System.Buffers;

namespace TaskPipeline.NativeHost.Interop;

/// <summary>Copies what <c>tp_library_describe</c> returned, honouring the sizes it states, and refuses what breaks the header's rules.</summary>
internal static unsafe class DescriptionReader
{
    private const int MaxAlgorithms = 1000;

    private static readonly SearchValues<char> s_nameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The algorithms, each as this host's own structure with zero in the members that an older library does not have.</summary>
    /// <exception cref="LibraryException">The description is wrong.</exception>
    public static List<(AlgorithmDescriptor Descriptor, tp_algorithm Functions)> Read(tp_library* library)
    {
        CheckLibrary(library);
        var algorithms = new List<(AlgorithmDescriptor Descriptor, tp_algorithm Functions)>((int)library->algorithm_count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (uint index = 0; index < library->algorithm_count; index++)
        {
            var source = (byte*)library->algorithms + ((nuint)index * library->algorithm_size);
            var functions = Copy((tp_algorithm*)source, library->algorithm_size, index);
            var descriptor = Describe(functions, index);
            algorithms.Add(names.Add(descriptor.Name)
                ? (descriptor, functions)
                : throw new LibraryException($"two algorithms are called {descriptor.Name}"));
        }

        return algorithms;
    }

    private static void CheckLibrary(tp_library* library)
    {
        if (library is null)
        {
            throw new LibraryException($"{TpAbi.DescribeSymbol} returned NULL");
        }

        // The version stands in the part that no version changes: look at it before trusting the rest.
        if (library->abi_version >> 16 != TpAbi.Major)
        {
            throw new LibraryException($"it is built for ABI {TpAbi.Format(library->abi_version)}, this host has {TpAbi.Format(TpAbi.Version)}");
        }

        if (library->struct_size < sizeof(tp_library) || library->algorithm_size < SmallestAlgorithm || library->algorithm_size > 65536)
        {
            throw new LibraryException($"its structures have {library->struct_size} and {library->algorithm_size} bytes, too few to be those of the header");
        }

        if (library->algorithm_count is 0 or > MaxAlgorithms || library->algorithms is null)
        {
            throw new LibraryException($"it lists {library->algorithm_count} algorithms; allowed are 1 to {MaxAlgorithms}");
        }
    }

    // Everything up to run is required; open and close are not.
    private static uint SmallestAlgorithm
    {
        get
        {
            tp_algorithm algorithm;
            return (uint)((byte*)&algorithm.open - (byte*)&algorithm);
        }
    }

    private static tp_algorithm Copy(tp_algorithm* source, uint stride, uint index)
    {
        var size = source->struct_size;
        if (size < SmallestAlgorithm || size > stride)
        {
            throw new LibraryException($"algorithm {index} says that it has {size} bytes, but they are {stride} apart");
        }

        tp_algorithm copy = default;
        Buffer.MemoryCopy(source, &copy, sizeof(tp_algorithm), Math.Min(size, (uint)sizeof(tp_algorithm)));
        return copy;
    }

    private static AlgorithmDescriptor Describe(tp_algorithm algorithm, uint index)
    {
        var name = Utf8.Read(algorithm.name);
        if (name is null or "" || name.Length > TpAbi.MaxNameBytes || name.AsSpan().ContainsAnyExcept(s_nameCharacters))
        {
            throw new LibraryException($"algorithm {index} has no usable name: 1 to {TpAbi.MaxNameBytes} of a-z 0-9 . _ -");
        }

        var version = Utf8.Read(algorithm.version);
        if (version is null or "")
        {
            throw new LibraryException($"algorithm {name} has no version");
        }

        if (algorithm.run is null)
        {
            throw new LibraryException($"algorithm {name} has no run function");
        }

        return new AlgorithmDescriptor
        {
            Name = name,
            Version = version,
            Description = Utf8.Read(algorithm.description) ?? "",
            CostParameter = Utf8.Read(algorithm.cost_parameter),
            MaxConcurrent = algorithm.max_concurrent,
            DefaultTimeoutSeconds = Seconds(algorithm.default_timeout_seconds, name),
            ExpectedSeconds = Seconds(algorithm.expected_seconds, name),
            MemoryLimitBytes = algorithm.memory_limit_bytes,
            CpuLimitSeconds = Seconds(algorithm.cpu_limit_seconds, name),
        };
    }

    private static double Seconds(double value, string name) =>
        double.IsFinite(value) && value >= 0
            ? value
            : throw new LibraryException($"algorithm {name} has an amount of seconds that is negative or no number");
}
