namespace TaskPipeline.Api.Storage;

/// <summary>
/// The clock of Redis, as known here: the time of its last answer plus what has passed since by this machine's monotonic
/// clock. A step of this machine's wall clock therefore changes nothing. With several servers it is the clock of all of them, which must
/// agree within a second. Thread safe.
/// </summary>
internal sealed class RedisClock(TimeProvider time)
{
    /// <summary>
    /// An answer tells a time that is past by its way here; of two servers, or two threads, the older one may come last. Ids would not be in order
    /// if such an answer turned the clock back.
    /// </summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(100);

    private Reading? _reading;

    /// <summary>The time now; by this machine's wall clock until Redis has answered once.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = _reading is { } reading ? reading.Redis + time.GetElapsedTime(reading.Local) : time.GetUtcNow();
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        }
    }

    /// <summary>Takes over the time of an answer, in microseconds since 1970, unless the answer was only late.</summary>
    public void Set(long microseconds)
    {
        var redis = FromMicroseconds(microseconds);
        var late = Now - redis;
        if (_reading is null || late <= TimeSpan.Zero || late >= s_late)
        {
            _reading = new Reading(redis, time.GetTimestamp());
        }
    }

    public static long ToMicroseconds(DateTimeOffset value) => (value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private sealed record Reading(DateTimeOffset Redis, long Local);
}
