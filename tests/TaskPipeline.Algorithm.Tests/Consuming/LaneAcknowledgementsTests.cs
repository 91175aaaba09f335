using Microsoft.Extensions.Time.Testing;
using TaskPipeline.Algorithm.Consuming;

namespace TaskPipeline.Algorithm.Tests.Consuming;

public sealed class LaneAcknowledgementsTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>Longer than a group is collected.</summary>
    private static readonly TimeSpan s_collected = TimeSpan.FromSeconds(1);

    private readonly List<(ulong Tag, bool Multiple)> _sent = [];
    private readonly LaneAcknowledgements _acknowledgements;

    public LaneAcknowledgementsTests() => _acknowledgements = New(TimeProvider.System);

    [Fact]
    public async Task AcknowledgeAsync_ContiguousFromTheFirst_SendsOneForAll()
    {
        await Task.WhenAll(_acknowledgements.AcknowledgeAsync(2), _acknowledgements.AcknowledgeAsync(3), _acknowledgements.AcknowledgeAsync(1));

        Assert.Equal([(3, true)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_FirstIsStillHeld_NeverIncludesIt()
    {
        await Task.WhenAll(_acknowledgements.AcknowledgeAsync(2), _acknowledgements.AcknowledgeAsync(4));

        Assert.Equal([(2, false), (4, false)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_HeldOneFollowsOthers_JoinsThemOnlyUpToTheNextHeldOne()
    {
        await _acknowledgements.AcknowledgeAsync(2);
        await Task.WhenAll(_acknowledgements.AcknowledgeAsync(1), _acknowledgements.AcknowledgeAsync(3), _acknowledgements.AcknowledgeAsync(5));

        Assert.Equal([(2, false), (3, true), (5, false)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_ManyInAnyOrder_AcknowledgesEachOnceAndNoneThatIsHeld()
    {
        const ulong Held = 17;
        var tags = Enumerable.Range(1, 200).Select(tag => (ulong)tag).Where(tag => tag != Held).OrderBy(tag => tag * 7919 % 211).ToArray();

        await Task.WhenAll(tags.Chunk(9).Select(chunk => Task.WhenAll(chunk.Select(_acknowledgements.AcknowledgeAsync))));

        var outstanding = new SortedSet<ulong>(Enumerable.Range(1, 200).Select(tag => (ulong)tag));
        foreach (var (tag, multiple) in _sent)
        {
            Assert.Contains(tag, outstanding);
            outstanding.RemoveWhere(one => one == tag || (multiple && one < tag));
        }

        Assert.Equal([Held], outstanding);
    }

    [Fact]
    public async Task AcknowledgeAsync_TimeToCollectIsOverAtOnce_EveryOneIsSent()
    {
        var acknowledgements = New(new HastyTime());

        await acknowledgements.AcknowledgeAsync(1).WaitAsync(s_limit);
        await acknowledgements.AcknowledgeAsync(2).WaitAsync(s_limit);

        Assert.Equal([(1, true), (2, true)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_WhileAnEarlierGroupIsBeingSent_WaitsForIt()
    {
        var time = new FakeTimeProvider();
        var first = new TaskCompletionSource();
        var acknowledgements = New(time, () => first.Task);

        Task[] early = [acknowledgements.AcknowledgeAsync(1), acknowledgements.AcknowledgeAsync(3)];
        time.Advance(s_collected);
        Task[] late = [acknowledgements.AcknowledgeAsync(2), acknowledgements.AcknowledgeAsync(4)];
        time.Advance(s_collected);
        first.SetResult();

        await Task.WhenAll([.. early, .. late]).WaitAsync(s_limit);
        Assert.Equal([(1, true), (3, false), (4, true)], _sent);
    }

    private LaneAcknowledgements New(TimeProvider time, Func<Task>? sending = null) => new(
        (tag, multiple) =>
        {
            _sent.Add((tag, multiple));
            return sending?.Invoke() ?? Task.CompletedTask;
        },
        time);

    /// <summary>Whatever is waited for is over before the wait has begun, as for a thread that was kept from running in between.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            callback(state);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
