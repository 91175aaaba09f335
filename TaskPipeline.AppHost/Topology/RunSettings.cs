using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace TaskPipeline.AppHost.Topology;

/// <summary>What a run is to look like: the options of the local launcher, by the same names, from the command line or any other configuration.</summary>
internal sealed record RunSettings
{
    /// <summary>The port of the API, <c>--port</c>.</summary>
    public required int Port { get; init; }

    /// <summary>API replicas, <c>--apis</c>.</summary>
    public required int Apis { get; init; }

    /// <summary>Algorithm workers, <c>--workers</c>.</summary>
    public required int Workers { get; init; }

    /// <summary>Tasks at a time in each worker, <c>--slots</c>.</summary>
    public required string Slots { get; init; }

    /// <summary>Shards of Redis, and queues for each lane, <c>--shards</c>: a power of two, which the services check.</summary>
    public required string Shards { get; init; }

    /// <summary>Normal tasks that are expected to take longer go to the lane <c>long</c>, <c>--long-after</c>.</summary>
    public required string LongAfterSeconds { get; init; }

    /// <summary>Adds the library of algorithms that crash, hang and leak, <c>--faults</c>.</summary>
    public required bool Faults { get; init; }

    /// <summary>The launcher's <c>--faults</c> takes no value, a configuration needs one.</summary>
    public static string[] Normalize(string[] arguments) => [.. arguments.Select(argument => argument == "--faults" ? "--faults=true" : argument)];

    /// <param name="configuration">Where the settings are read from.</param>
    /// <param name="publishing">A published worker does not run on this machine: the number of its cores says nothing then, and 2 slots are the default.</param>
    /// <exception cref="InvalidOperationException">A value is not of its type.</exception>
    public static RunSettings Read(IConfiguration configuration, bool publishing) => new()
    {
        Port = configuration.GetValue("port", 5080),
        Apis = configuration.GetValue("apis", 1),
        Workers = configuration.GetValue("workers", 2),
        Slots = Text(configuration.GetValue("slots", publishing ? 2 : Math.Max(2, Environment.ProcessorCount))),
        Shards = Text(configuration.GetValue("shards", 1)),
        LongAfterSeconds = Text(configuration.GetValue("long-after", 1.0)),
        Faults = configuration.GetValue("faults", false),
    };

    private static string Text(IFormattable number) => number.ToString(format: null, CultureInfo.InvariantCulture);
}
