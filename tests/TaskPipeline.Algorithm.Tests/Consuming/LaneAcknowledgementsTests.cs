using Microsoft.Extensions.Time.Testing;
using TaskPipeline.Algorithm.Consuming;

namespace TaskPipeline.Algorithm.Tests.Consuming;

public sealed class LaneAcknowledgementsTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>Longer than a group is collected.</summary>
    private static readonly TimeSpan s_collected = TimeSpan.FromSeconds(1);

    private readonly List<(ulong Tag, bool Multiple)> _sent = [];
    private readonly FakeTimeProvider _time = new();
    private readonly LaneAcknowledgements _acknowledgements;

    public LaneAcknowledgementsTests() => _acknowledgements = New(_time);

    [Fact]
    public async Task AcknowledgeAsync_ContiguousFromTheFirst_SendsOneForAll()
    {
        await AcknowledgeAsync(2, 3, 1);

        Assert.Equal([(3, true)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_FirstIsStillHeld_NeverIncludesIt()
    {
        await AcknowledgeAsync(2, 4);

        Assert.Equal([(2, false), (4, false)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_HeldOneFollowsOthers_JoinsThemOnlyUpToTheNextHeldOne()
    {
        await AcknowledgeAsync(2);
        await AcknowledgeAsync(1, 3, 5);

        Assert.Equal([(2, false), (3, true), (5, false)], _sent);
    }

    [Fact]
    public async Task AcknowledgeAsync_ManyInAnyOrder_AcknowledgesEachOnceAndNoneThatIsHeld()
    {
        const ulong Held = 17;
        var tags = Enumerable.Range(1, 200).Select(tag => (ulong)tag).Where(tag => tag != Held).OrderBy(tag => tag * 7919 % 211).ToArray();

        foreach (var group in tags.Chunk(9))
        {
            await AcknowledgeAsync(group);
        }

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
        var first = new TaskCompletionSource();
        var acknowledgements = New(_time, () => first.Task);

        Task[] early = [acknowledgements.AcknowledgeAsync(1), acknowledgements.AcknowledgeAsync(3)];
        _time.Advance(s_collected);
        Task[] late = [acknowledgements.AcknowledgeAsync(2), acknowledgements.AcknowledgeAsync(4)];
        _time.Advance(s_collected);
        first.SetResult();

        await Task.WhenAll([.. early, .. late]).WaitAsync(s_limit);
        Assert.Equal([(1, true), (3, false), (4, true)], _sent);
    }

    /// <summary>Acknowledges some within the time in which a group is collected.</summary>
    private async Task AcknowledgeAsync(params ulong[] tags)
    {
        var group = Task.WhenAll(tags.Select(_acknowledgements.AcknowledgeAsync));
        _time.Advance(s_collected);
        await group.WaitAsync(s_limit);
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
