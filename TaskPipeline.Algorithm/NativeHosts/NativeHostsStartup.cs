using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Finds the algorithms and warms the hosts before anything is announced or consumed; the first hosted service.</summary>
internal sealed class NativeHostsStartup(
    AlgorithmCatalogue catalogue, NativeHostPool pool, IOptions<WorkerOptions> options, IOptions<NativeHostOptions> hosts, ILogger<NativeHostsStartup> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (hosts.Value.GuardPath.Length == 0)
        {
            Log.NoGuard(logger);
        }

        await catalogue.LoadAsync(cancellationToken);
        await pool.WarmAsync(options.Value.Slots + 1);
    }

    /// <summary>Stopped last: by now nothing runs in a host any more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken) => await pool.DisposeAsync();
}
