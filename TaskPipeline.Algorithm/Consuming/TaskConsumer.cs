using Microsoft.Extensions.Options;
using RabbitMQ.Client;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Scheduling;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>
/// Consumes from all lanes, through one session after the other: whatever closes a connection or a channel, or cancels a
/// consumer, ends the session, and the next one subscribes anew. Stops in two phases.
/// </summary>
internal sealed class TaskConsumer(
    IConnectionFactory factory, DeliveryScheduler scheduler, RunningTasks running, HeartbeatService heartbeat,
    ConsumerDependencies dependencies)
    : BackgroundService
{
    private static readonly TimeSpan s_reconnect = TimeSpan.FromMilliseconds(500);

    private readonly int _slots = dependencies.Options.Value.Slots;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), dependencies.Time);
        try
        {
            await heartbeat.LeaveAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The API cannot be reached: it will notice the silence.
        }

        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var available = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var session = await ConsumerSession.OpenAsync(factory, scheduler, running, dependencies.Logger, _slots, stoppingToken);
                available = true;
                Log.Consuming(dependencies.Logger);
                var lost = await Task.WhenAny(session.Lost, Task.Delay(Timeout.InfiniteTimeSpan, dependencies.Time, stoppingToken));
                if (lost != session.Lost)
                {
                    // Acknowledgements still need the session while tasks finish.
                    await session.StopTakingAsync();
                    await scheduler.DrainAsync();
                    return;
                }

                scheduler.ForgetWaiting();
                Log.Disconnected(dependencies.Logger, await session.Lost);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                // Whatever keeps a session from opening, the answer is to try again; said once, not twice a second.
                if (available)
                {
                    available = false;
                    Log.Disconnected(dependencies.Logger, exception.Message);
                }
            }

            await Task.Delay(s_reconnect, dependencies.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await scheduler.DrainAsync();
    }
}

/// <summary>What every session of the consumer needs alike.</summary>
/// <param name="Options">The worker's options.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The logger.</param>
internal sealed record ConsumerDependencies(IOptions<WorkerOptions> Options, TimeProvider Time, ILogger<TaskConsumer> Logger);
