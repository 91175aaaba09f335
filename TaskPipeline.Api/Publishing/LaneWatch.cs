using Microsoft.Extensions.Options;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Publishing;

/// <summary>
/// Notices when messages are gone though the broker is there: a queue that was deleted or purged. Tasks whose queue has nothing
/// ready, again and again, are published as their next dispatch. Workers may hold some of their messages; those are refused as
/// stale then, and so a look that errs costs a message and nothing else.
/// </summary>
internal sealed class LaneWatch(
    RabbitMqTaskQueue broker, ITaskStore store, TimeProvider time, IOptions<PublishingOptions> options, ILogger<LaneWatch> logger) : BackgroundService
{
    private readonly TimeSpan _interval = options.Value.LaneWatch;
    private HashSet<LaneQueue> _emptyBefore = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (StoreUnavailableException)
            {
                // Looked at again after the interval.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The edge of the loop: one bad look must not be the last one.
                Log.LaneWatchFailed(logger, exception);
            }

            await Task.Delay(_interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var empty = await broker.FindEmptyQueuesAsync(cancellationToken);
        foreach (var queue in empty.Where(_emptyBefore.Contains))
        {
            var count = await store.RepublishAsync(queue, _interval, _interval, cancellationToken);
            if (count > 0)
            {
                Log.QueuePurged(logger, queue.Name, count);
            }
        }

        _emptyBefore = [.. empty];
    }
}
