using TaskPipeline.Algorithm.Consuming;

namespace TaskPipeline.Algorithm.Tests.Consuming;

public sealed class LaneAcknowledgementsTests
{
    private readonly List<(ulong Tag, bool Multiple)> _sent = [];
    private readonly LaneAcknowledgements _acknowledgements;

    public LaneAcknowledgementsTests() => _acknowledgements = new LaneAcknowledgements(
        (tag, multiple) =>
        {
            _sent.Add((tag, multiple));
            return Task.CompletedTask;
        },
        TimeProvider.System);

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
}
