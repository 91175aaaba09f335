using System.Text.Json;
using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost;

/// <summary>
/// <c>describe</c>: prints one JSON object about one library. It exits with 0 whether the library is good or not, and does not come back
/// when the library crashes: whoever asked sees that.
/// </summary>
internal static class DescribeCommand
{
    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        var line = new CommandLine(arguments, "--library", Lifeline.Option);
        line.RefuseWords();
        var path = line.Required("--library");

        ProcessSetup.RestoreSignals();
        Lifeline.WatchIfAsked(line);
        using var output = StandardStreams.TakeOutput();
        using var buffer = new MemoryStream();
        Write(buffer, path);
        buffer.WriteByte((byte)'\n');
        output.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
        return ExitCodes.Success;
    }

    private static void Write(Stream stream, string path)
    {
        AlgorithmLibrary? library = null;
        string? problem = null;
        try
        {
            library = AlgorithmLibrary.Load(Path.GetFullPath(path));
        }
        catch (LibraryException exception)
        {
            problem = exception.Message;
        }

        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("library", path);
        WriteText(json, "abi", library is null ? null : TpAbi.Format(library.AbiVersion));
        json.WriteStartArray("algorithms");
        foreach (var algorithm in library?.Algorithms ?? [])
        {
            WriteAlgorithm(json, algorithm.Descriptor);
        }

        json.WriteEndArray();
        WriteText(json, "problem", problem);
        json.WriteEndObject();
    }

    private static void WriteAlgorithm(Utf8JsonWriter json, AlgorithmDescriptor algorithm)
    {
        json.WriteStartObject();
        json.WriteString("name", algorithm.Name);
        json.WriteString("version", algorithm.Version);
        json.WriteString("description", algorithm.Description);
        WriteNumber(json, "defaultTimeoutSeconds", algorithm.DefaultTimeoutSeconds);
        WriteNumber(json, "expectedSeconds", algorithm.ExpectedSeconds);
        WriteText(json, "costParameter", algorithm.CostParameter);
        WriteNumber(json, "maxConcurrent", algorithm.MaxConcurrent);
        WriteNumber(json, "memoryLimitBytes", algorithm.MemoryLimitBytes);
        WriteNumber(json, "cpuLimitSeconds", algorithm.CpuLimitSeconds);
        json.WriteEndObject();
    }

    // Zero means "not said", and that is null in JSON.
    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (value == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong value)
    {
        if (value == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }
}
