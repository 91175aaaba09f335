using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.AppHost.Tests;

/// <summary>What draws a port may rely on, before anything listens there.</summary>
public sealed class PortsTests
{
    [Fact]
    public void TakeFree_NothingListensYet_NobodyDrawsTheSamePort()
    {
        var drawn = Enumerable.Range(0, 20).SelectMany(_ => Ports.TakeFree(100)).ToArray();
        var block = Ports.TakeFreeBlock(3);

        // Of 2,000 draws among 12,000 ports some 160 would come twice.
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
        Assert.DoesNotContain(block, drawn);
        Assert.DoesNotContain(block, Ports.TakeFree(100));
    }
}
