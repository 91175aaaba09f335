using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Testing;

/// <summary>A real Redis, append-only as in a run.</summary>
public sealed class RedisServer : BrokerServer
{
    public RedisServer()
        : base(ports: 1)
    {
    }

    /// <summary>What StackExchange.Redis connects to.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    private protected override IEnumerable<(string Name, Func<ProcessStartInfo> Describe)> Describe() =>
        [("redis", () => Brokers.Redis(Data, Port))];
}
