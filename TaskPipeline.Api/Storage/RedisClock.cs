namespace TaskPipeline.Api.Storage;

/// <summary>
/// The clock of Redis, as known here: the time of its last answer plus what has passed since by this machine's monotonic
/// clock. A step of this machine's wall clock therefore changes nothing. Thread safe.
/// </summary>
internal sealed class RedisClock(TimeProvider time)
{
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

    /// <summary>Takes over the time of an answer, in microseconds since 1970.</summary>
    public void Set(long microseconds) =>
        _reading = new Reading(FromMicroseconds(microseconds), time.GetTimestamp());

    public static long ToMicroseconds(DateTimeOffset value) => (value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private sealed record Reading(DateTimeOffset Redis, long Local);
}
