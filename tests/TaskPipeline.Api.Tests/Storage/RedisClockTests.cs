using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Tests.Storage;

public sealed class RedisClockTests
{
    private const long Start = 1_764_201_600_000_000;

    private readonly ManualTime _time = new();
    private readonly RedisClock _clock;

    public RedisClockTests()
    {
        _clock = new RedisClock(_time);
        _clock.Set(Start);
    }

    [Fact]
    public void Now_GoesOnFromTheLastAnswer()
    {
        _time.Pass(TimeSpan.FromMilliseconds(3));

        Assert.Equal(Start + 3_000, RedisClock.ToMicroseconds(_clock.Now));
    }

    [Fact]
    public void Set_AnAnswerThatIsLate_DoesNotTurnTheClockBack()
    {
        _time.Pass(TimeSpan.FromMilliseconds(50));

        _clock.Set(Start + 10_000);

        Assert.Equal(Start + 50_000, RedisClock.ToMicroseconds(_clock.Now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_600_000_000)]
    [InlineData(-100_000)]
    [InlineData(-3_600_000_000)]
    public void Set_AClockThatWasSet_IsFollowed(long step)
    {
        _clock.Set(Start + step);

        Assert.Equal(Start + step, RedisClock.ToMicroseconds(_clock.Now));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _timestamp;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _timestamp;

        public void Pass(TimeSpan time) => _timestamp += time.Ticks;
    }
}
