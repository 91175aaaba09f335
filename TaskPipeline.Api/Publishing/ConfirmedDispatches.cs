using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Publishing;

/// <summary>
/// Notes in the store what the broker confirmed, many at a time and behind the answers to clients: nobody waits for it. What is
/// not noted because this process or the store ends first is published once more by its timer, as the next dispatch. Thread safe.
/// </summary>
internal sealed class ConfirmedDispatches(ITaskStore store, TimeProvider time, ILogger<ConfirmedDispatches> logger)
{
    private const int Most = 500;

    /// <summary>Long enough that most tasks have been claimed by then, which notes the confirm as well; far below the wait of the timer.</summary>
    private static readonly TimeSpan s_collect = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private List<TaskRecord> _waiting = [];
    private bool _sending;

    public void Note(TaskRecord record)
    {
        lock (_lock)
        {
            _waiting.Add(record);
            if (_sending)
            {
                return;
            }

            _sending = true;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        while (true)
        {
            await Task.Delay(s_collect, time, CancellationToken.None);
            List<TaskRecord> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _sending = false;
                    return;
                }

                batch = _waiting;
                _waiting = [];
            }

            foreach (var part in batch.Chunk(Most))
            {
                await SendAsync(part);
            }
        }
    }

    private async Task SendAsync(TaskRecord[] records)
    {
        try
        {
            await store.ConfirmPublishedAsync(records, CancellationToken.None);
            CrashPoint.Reach(CrashPoints.DispatchConfirmed);
        }
        catch (Exception exception)
        {
            // The edge of the loop: whatever it was, the timers publish again, and the next confirms must still be noted.
            Log.ConfirmsNotNoted(logger, records.Length, exception.Message);
        }
    }
}
