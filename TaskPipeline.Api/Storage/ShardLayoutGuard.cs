using Microsoft.Extensions.Options;

namespace TaskPipeline.Api.Storage;

/// <summary>Keeps a replica from starting on data of another number of shards, and ends it when Redis could only be asked later.</summary>
internal sealed class ShardLayoutGuard(RedisGate redis, ShardLayout layout, IHostApplicationLifetime lifetime, ILogger<ShardLayoutGuard> logger) : BackgroundService
{
    /// <exception cref="OptionsValidationException">The number of shards is not that of the data.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await redis.RunAsync(_ => Task.FromResult(true), cancellationToken);
        }
        catch (StoreUnavailableException) when (layout.Refused.IsCompleted)
        {
            throw new OptionsValidationException(TaskStoreOptions.SectionName, typeof(TaskStoreOptions), [await layout.Refused]);
        }
        catch (StoreUnavailableException)
        {
            // Not reachable yet: whoever reaches it first checks.
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var problem = await layout.Refused.WaitAsync(stoppingToken);
            Log.LayoutRefused(logger, problem);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The layout was right, or never known.
        }
    }
}
