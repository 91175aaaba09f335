using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Testing;

/// <summary>A real Redis Cluster of three servers without replicas, append-only as in a run. One that is down does not stop the others.</summary>
public sealed class RedisClusterServer : BrokerServer
{
    private const int Servers = 3;
    private const int Slots = 16_384;

    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(50);

    public RedisClusterServer()
        : base(ports: 2 * Servers)
    {
    }

    /// <summary>What StackExchange.Redis connects to.</summary>
    public string ConnectionString => string.Join(',', ServerPorts.Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));

    private IEnumerable<int> ServerPorts => Ports.Take(Servers);

    /// <summary>Kills the server that listens on a port.</summary>
    public Task KillServerAsync(int port) => KillAsync(Array.IndexOf(Ports, port));

    private protected override IEnumerable<(string Name, Func<ProcessStartInfo> Describe)> Describe() =>
        Enumerable.Range(0, Servers).Select(n => ($"redis-{n}", (Func<ProcessStartInfo>)(() => Redis(n))));

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        for (var n = 0; n < Servers; n++)
        {
            await AppHost.Launcher.Ports.WaitAsync($"redis-{n}", Ports[n], TimeSpan.FromSeconds(30), cancellationToken);
        }

        // Servers that were stopped and started again remember what they had.
        var state = await RedisCommand.SendAsync(Port, "CLUSTER INFO", cancellationToken);
        if (state.Contains("cluster_known_nodes:1\r", StringComparison.Ordinal))
        {
            await CreateAsync(cancellationToken);
        }

        foreach (var port in ServerPorts)
        {
            while (!IsWhole(await RedisCommand.SendAsync(port, "CLUSTER INFO", cancellationToken)))
            {
                await Task.Delay(s_again, TimeProvider.System, cancellationToken);
            }
        }
    }

    private static bool IsWhole(string state) =>
        state.Contains("cluster_state:ok", StringComparison.Ordinal)
        && state.Contains(string.Create(CultureInfo.InvariantCulture, $"cluster_slots_ok:{Slots}"), StringComparison.Ordinal)
        && state.Contains(string.Create(CultureInfo.InvariantCulture, $"cluster_known_nodes:{Servers}"), StringComparison.Ordinal);

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        for (var n = 0; n < Servers; n++)
        {
            var (first, last) = (Slots * n / Servers, (Slots * (n + 1) / Servers) - 1);
            await RedisCommand.SendAsync(Ports[n], string.Create(CultureInfo.InvariantCulture, $"CLUSTER ADDSLOTSRANGE {first} {last}"), cancellationToken);
            if (n > 0)
            {
                await RedisCommand.SendAsync(Port, string.Create(CultureInfo.InvariantCulture, $"CLUSTER MEET 127.0.0.1 {Ports[n]} {Ports[n + Servers]}"), cancellationToken);
            }
        }
    }

    private ProcessStartInfo Redis(int n)
    {
        var start = Brokers.Redis(Data, Ports[n], $"redis-{n}");
        string[] arguments =
        [
            "--cluster-enabled", "yes", "--cluster-port", Ports[n + Servers].ToString(CultureInfo.InvariantCulture), "--cluster-node-timeout", "2000",
            "--cluster-require-full-coverage", "no",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return start;
    }
}
