using System.Diagnostics;
using System.Globalization;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Benchmarks.EndToEnd.Bare;

/// <summary>The processes of the bare loop, beside those of TaskPipeline on the same servers. Dispose ends them.</summary>
internal sealed class BareLoop : IAsyncDisposable
{
    public const string ApiVerb = "bare-api";
    public const string WorkerVerb = "bare-worker";

    private readonly List<Process> _processes = [];

    private BareLoop()
    {
    }

    public int Port { get; } = Ports.TakeFree(1)[0];

    public IReadOnlyList<int> Ids => [.. _processes.Select(process => process.Id)];

    public static async Task<BareLoop> StartAsync(LocalTopology topology, int workers, int slots)
    {
        var loop = new BareLoop();
        var port = loop.Port.ToString(CultureInfo.InvariantCulture);
        await loop.StartAsync(ApiVerb, port, topology.RabbitMqUri, topology.RedisAddress);
        await Ports.WaitAsync(ApiVerb, loop.Port, TimeSpan.FromSeconds(30), CancellationToken.None);
        for (var n = 0; n < workers; n++)
        {
            await loop.StartAsync(WorkerVerb, port, topology.RabbitMqUri, slots.ToString(CultureInfo.InvariantCulture));
        }

        return loop;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Starts this program once more with an inner verb; returns when it has said its first line.</summary>
    private async Task StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        _processes.Add(process);
        if (await process.StandardOutput.ReadLineAsync() is null)
        {
            throw new InvalidOperationException($"{arguments[0]} did not start");
        }
    }
}
