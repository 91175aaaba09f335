using System.Globalization;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>What a run is to look like.</summary>
internal sealed record LauncherOptions
{
    public const string Usage = """
        Usage: run.sh [--port N] [--apis N] [--workers N] [--slots N] [--shards N] [--faults] [--data DIR]

          --port N     the port of the API; replica k listens on N + k (5080)
          --apis N     API replicas (1)
          --workers N  algorithm workers (2)
          --slots N    tasks at a time in each worker (the number of cores, at least 2)
          --shards N   shards of Redis, and queues for each lane: a power of two up to 256 (1)
          --faults     adds the library of algorithms that crash, hang and leak
          --data DIR   keeps the brokers' data in DIR; without it a run starts empty
          --help       says this
        """;

    public int Port { get; init; } = 5080;

    public int Apis { get; init; } = 1;

    public int Workers { get; init; } = 2;

    public int Slots { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Over how many shards of Redis the tasks are spread, and queues of each lane: a power of two.</summary>
    public int Shards { get; init; } = 1;

    public bool Faults { get; init; }

    /// <summary>Where the brokers keep their data; null for a folder that is removed at the end.</summary>
    public string? Data { get; init; }

    public bool Help { get; init; }

    /// <summary>Settings for API and workers beyond those of the topology, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="UsageException">One of them is unknown or has no good value.</exception>
    public static LauncherOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new LauncherOptions();
        for (var n = 0; n < arguments.Count; n++)
        {
            options = arguments[n] switch
            {
                "--port" => options with { Port = Number(arguments, ref n, 1, 65_000) },
                "--apis" => options with { Apis = Number(arguments, ref n, 1, 100) },
                "--workers" => options with { Workers = Number(arguments, ref n, 0, 100) },
                "--slots" => options with { Slots = Number(arguments, ref n, 1, 1024) },
                "--shards" => options with { Shards = PowerOfTwo(arguments, ref n, 256) },
                "--data" => options with { Data = Path.GetFullPath(Value(arguments, ref n)) },
                "--faults" => options with { Faults = true },
                "--help" or "-h" => options with { Help = true },
                var other => throw new UsageException($"unknown option {other}"),
            };
        }

        return options;
    }

    private static string Value(IReadOnlyList<string> arguments, ref int n) =>
        n + 1 < arguments.Count && arguments[n + 1].Length > 0 && !arguments[n + 1].StartsWith("--", StringComparison.Ordinal)
            ? arguments[++n]
            : throw new UsageException($"{arguments[n]} needs a value");

    private static int PowerOfTwo(IReadOnlyList<string> arguments, ref int n, int max)
    {
        var name = arguments[n];
        return int.TryParse(Value(arguments, ref n), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max && int.IsPow2(number)
            ? number
            : throw new UsageException($"{name} must be a power of two from 1 to {max}");
    }

    private static int Number(IReadOnlyList<string> arguments, ref int n, int min, int max)
    {
        var name = arguments[n];
        return int.TryParse(Value(arguments, ref n), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new UsageException($"{name} must be a number from {min} to {max}");
    }
}

/// <summary>The arguments are wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The run cannot be started; the message says what to do.</summary>
internal sealed class LaunchException(string message) : Exception(message);
