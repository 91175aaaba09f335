using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Testing;

/// <summary>A real RabbitMQ with its management plugin.</summary>
public sealed class RabbitMqServer : BrokerServer
{
    public RabbitMqServer()
        : base(ports: 4)
    {
    }

    /// <summary>What RabbitMQ.Client connects to.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{Port}");

    /// <summary>The management API; user and password are <c>guest</c>.</summary>
    public Uri Management => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports[1]}"));

    private protected override IEnumerable<(string Name, Func<ProcessStartInfo> Describe)> Describe(DataFolder data) =>
    [
        ("epmd", () => Brokers.Epmd(Ports[3])),
        ("rabbitmq", () => Brokers.RabbitMq(data, Port, Ports[1], Ports[2], Ports[3])),
    ];
}
