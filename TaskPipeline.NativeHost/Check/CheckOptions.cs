namespace TaskPipeline.NativeHost.Check;

/// <summary>What the command line asked for.</summary>
internal sealed record CheckOptions
{
    public required string LibraryPath { get; init; }

    /// <summary>By algorithm; those that are not named get an empty object.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>The algorithms to check; empty for all.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <value>How often each algorithm runs in one host to see whether its memory grows. The default is 20; slow ones run less often.</value>
    public required int Runs { get; init; }

    /// <value>How long one run may take. The default is 60 s.</value>
    public required TimeSpan RunLimit { get; init; }

    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static CheckOptions Parse(ReadOnlySpan<string> arguments)
    {
        var line = new CommandLine(arguments, "--input", "--only", "--runs", "--timeout");
        var inputs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var input in line.All("--input"))
        {
            var parts = input.Split('=', 2);
            inputs[parts[0]] = parts.Length == 2 ? parts[1] : throw new UsageException($"--input needs NAME=JSON, not {input}.");
        }

        return new CheckOptions
        {
            LibraryPath = Path.GetFullPath(line.SingleWord("library")),
            Inputs = inputs,
            Only = line.All("--only"),
            Runs = line.Number("--runs", fallback: 20, minimum: 1),
            RunLimit = TimeSpan.FromSeconds(line.Number("--timeout", fallback: 60, minimum: 1)),
        };
    }
}
