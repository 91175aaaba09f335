using StackExchange.Redis;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Tests.Storage;

public sealed class StorageExtensionsTests
{
    [Fact]
    public void ConfigureForOutages_OfTheClient_TellsWithinASecond()
    {
        var options = new ConfigurationOptions();

        StorageExtensions.ConfigureForOutages(options);

        // Connected, an answer that does not come is noticed at the first beat after its limit; disconnected, a call fails at once.
        Assert.InRange(options.HeartbeatInterval + TimeSpan.FromMilliseconds(options.AsyncTimeout), TimeSpan.Zero, TimeSpan.FromMilliseconds(900));
        Assert.InRange(options.HeartbeatInterval + TimeSpan.FromMilliseconds(options.SyncTimeout), TimeSpan.Zero, TimeSpan.FromMilliseconds(900));
        Assert.False(options.BacklogPolicy.QueueWhileDisconnected);
        Assert.False(options.AbortOnConnectFail);
    }
}
