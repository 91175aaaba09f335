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

    /// <summary>Sets the share of the machine's memory beyond which it takes no messages; its own default is 0.6.</summary>
    public async Task SetMemoryLimitAsync(double share)
    {
        var control = DescribeBroker();
        control.FileName = Path.Combine(Path.GetDirectoryName(control.FileName)!, "rabbitmqctl");
        control.ArgumentList.Add("set_vm_memory_high_watermark");
        control.ArgumentList.Add(share.ToString("F6", CultureInfo.InvariantCulture));

        // The tool would count from the broker's own port, which may be too high for that.
        control.Environment.Remove("RABBITMQ_DIST_PORT");
        control.RedirectStandardOutput = true;
        control.RedirectStandardError = true;
        using var process = Process.Start(control)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(string.Concat(said));
        }
    }

    private protected override IEnumerable<(string Name, Func<ProcessStartInfo> Describe)> Describe() =>
    [
        ("epmd", () => Brokers.Epmd(Ports[3])),
        ("rabbitmq", () => DescribeBroker()),
    ];

    private ProcessStartInfo DescribeBroker() => Brokers.RabbitMq(Data, Port, Ports[1], Ports[2], Ports[3]);
}
