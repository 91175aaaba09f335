using Microsoft.Extensions.Options;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Publishing;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Timers;

/// <summary>
/// Serves due timers and trims what has outlived its retention: the only background repair there is. Any number of replicas
/// do it at the same time; a timer that one has taken and not served, because it died, is due again some seconds later.
/// </summary>
internal sealed class DueTimerService(
    ITaskStore store, ITaskQueue queue, TaskDispatcher dispatcher, TimeProvider time, IOptions<TimerOptions> options, ILogger<DueTimerService> logger)
    : BackgroundService
{
    private readonly TimerOptions _options = options.Value;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var available = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            var busy = false;
            try
            {
                busy = await ServeAsync(stoppingToken);
                if (!available)
                {
                    available = true;
                    Log.TimersServed(logger);
                }
            }
            catch (StoreUnavailableException exception)
            {
                if (available)
                {
                    available = false;
                    Log.TimersUnavailable(logger, exception.Message);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The edge of the loop: one bad round must not be the last one.
                Log.RoundFailed(logger, exception);
            }

            if (!busy)
            {
                await Task.Delay(_options.Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Serves one batch. True when more is likely to be due already.</summary>
    private async Task<bool> ServeAsync(CancellationToken cancellationToken)
    {
        var trimmed = await store.TrimAsync(_options.Batch, cancellationToken);
        var due = await store.TakeDueAsync(_options.Batch, cancellationToken);
        if (due.Timers.Count > 0)
        {
            CrashPoint.Reach(CrashPoints.TimerTaken);
        }

        await Task.WhenAll(due.Timers.Select(timer => ServeOneAsync(timer, cancellationToken)));
        return due.More || trimmed.More;
    }

    private async Task ServeOneAsync(DueTimer timer, CancellationToken cancellationToken)
    {
        // While the broker is away or takes nothing a dispatch would only be counted up. The timer was moved some seconds ahead by taking it.
        if (timer.Record.State == TaskState.Pending && !queue.IsAvailable && !IsExpired(timer))
        {
            return;
        }

        using var activity = ApiActivitySource.StartTimer(timer.Record);
        try
        {
            var result = await store.ApplyAsync(timer.Record.Id, new TaskTrigger.TimerDue(timer.Published, timer.Ticket), cancellationToken);
            if (result is not TransitionResult.Applied applied)
            {
                return;
            }

            if (timer.Record.State == TaskState.Processing)
            {
                Log.AttemptLost(logger, timer.Record.Id, timer.Record.Attempt, timer.Record.Worker);
            }

            if (applied.Publish)
            {
                CrashPoint.Reach(CrashPoints.TimerServed);

                // A broker that takes nothing (its memory is full, say) must not keep the timers of running tasks from being served.
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(_options.ConfirmWait);
                await dispatcher.DispatchAsync(applied.Record, limit.Token);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: whoever serves timers next finds this one due again.
        }
        catch (Exception exception) when (exception is not StoreUnavailableException)
        {
            // One task must not keep the timers of all others from being served.
            Log.TimerFailed(logger, exception, timer.Record.Id);
        }
    }

    /// <summary>The ticket stands a little ahead of the time of Redis, which only makes this check of a deadline early by seconds; the state machine decides.</summary>
    private static bool IsExpired(DueTimer timer) =>
        RedisClock.FromMicroseconds(timer.Ticket) >= timer.Record.Submission.StartBefore;
}
