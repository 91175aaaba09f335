using System.Globalization;
using System.Security.Cryptography;

namespace TaskPipeline.Chaos;

/// <summary>What a chaos run is to be.</summary>
/// <param name="Duration">How long load and faults last; what follows them has limits of its own.</param>
/// <param name="Seed">Decides faults and load.</param>
/// <param name="Log">Where the lines of every process go; null for nowhere.</param>
internal sealed record ChaosOptions(TimeSpan Duration, int Seed, string? Log)
{
    public const string Usage = """
        Usage: TaskPipeline.Chaos [--duration SECONDS] [--seed N] [--log FILE]

          --duration SECONDS  how long load and faults last, at least 20 (60)
          --seed N            replays the faults and the load of a run (drawn and printed)
          --log FILE          keeps what every process said
        """;

    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(60);

    private const int ShortestSeconds = 20;

    /// <summary>The command that runs the same again.</summary>
    public string Replay => string.Create(
        CultureInfo.InvariantCulture, $"dotnet run -c Release --project tests/TaskPipeline.Chaos -- --duration {Duration.TotalSeconds:0} --seed {Seed}");

    /// <summary>A seed that no run has had.</summary>
    public static int DrawSeed() => RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="ArgumentException">One of them is unknown or has no good value.</exception>
    public static ChaosOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new ChaosOptions(DefaultDuration, DrawSeed(), Log: null);
        for (var n = 0; n < arguments.Count; n += 2)
        {
            var (name, value) = (arguments[n], n + 1 < arguments.Count ? arguments[n + 1] : "");
            options = name switch
            {
                "--duration" => options with { Duration = TimeSpan.FromSeconds(Number(name, value, ShortestSeconds)) },
                "--seed" => options with { Seed = Number(name, value, least: 0) },
                "--log" when value.Length > 0 => options with { Log = Path.GetFullPath(value) },
                _ => throw new ArgumentException($"{name} is unknown or has no value"),
            };
        }

        return options;
    }

    private static int Number(string name, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number of at least {least}"));
}
