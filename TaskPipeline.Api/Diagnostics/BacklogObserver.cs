using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Diagnostics;

/// <summary>Looks up how many tasks wait for the broker's confirm: a gauge is read without waiting, Redis is not.</summary>
internal sealed class BacklogObserver(ITaskStore store, ApiMetrics metrics, TimeProvider time, ILogger<BacklogObserver> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                metrics.SetUnpublished((await store.GetUsageAsync(stoppingToken)).Unpublished);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or OperationCanceledException)
            {
                // The last number stands until Redis answers again; that it is away is said by its health check.
            }
            catch (Exception exception)
            {
                // The edge of the loop: nothing that is only counted may end the API.
                Log.BacklogUnknown(logger, exception);
            }

            await Task.Delay(s_every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
