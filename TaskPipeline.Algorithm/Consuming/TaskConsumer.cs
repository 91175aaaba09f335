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
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(2);

    /// <summary>After the grace: ending the hosts and the last reports.</summary>
    private static readonly TimeSpan s_lastReports = TimeSpan.FromSeconds(5);

    private readonly WorkerOptions _options = dependencies.Options.Value;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // At the same time: neither may wait for the other, since the API or the broker may not answer.
        running.Drain();
        var leaving = LeaveAsync();
        await base.StopAsync(cancellationToken);
        await leaving;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var available = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var session = await ConsumerSession.OpenAsync(factory, scheduler, running, dependencies, stoppingToken);
                available = true;
                Log.Consuming(dependencies.Logger);
                var lost = await Task.WhenAny(session.Lost, Task.Delay(Timeout.InfiniteTimeSpan, dependencies.Time, stoppingToken));
                if (lost != session.Lost)
                {
                    await session.StopTakingAsync();
                    await DrainAsync();
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

        await DrainAsync();
    }

    private async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(s_goodbye, dependencies.Time);
        try
        {
            await heartbeat.LeaveAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The API cannot be reached: it will notice the silence.
        }
    }

    /// <summary>Lets tasks finish within the grace and gives the rest back; what cannot be reported soon after that is left to its lease.</summary>
    private async Task DrainAsync()
    {
        var drained = scheduler.DrainAsync();
        try
        {
            await drained.WaitAsync(_options.DrainGrace + s_lastReports, dependencies.Time);
        }
        catch (TimeoutException)
        {
            running.GiveUp();
            await drained;
        }
    }
}

/// <summary>What every session of the consumer needs alike.</summary>
/// <param name="Options">The worker's options.</param>
/// <param name="Consuming">From where tasks are taken.</param>
/// <param name="Worker">Who it is.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The logger.</param>
internal sealed record ConsumerDependencies(
    IOptions<WorkerOptions> Options, IOptions<ConsumingOptions> Consuming, WorkerIdentity Worker, TimeProvider Time, ILogger<TaskConsumer> Logger);
