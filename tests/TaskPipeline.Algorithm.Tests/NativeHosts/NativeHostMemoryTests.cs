namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>What worker and hosts keep. Nothing else runs meanwhile, because the heap that is measured is that of all tests.</summary>
[Collection(Alone.Name)]
public sealed class NativeHostMemoryTests
{
    [Fact]
    public async Task Run_ThousandsOfTasks_KeepsMemoryFlat()
    {
        const int Tasks = 10_000;
        await using var hosts = new TestHosts(options => options.TasksPerHost = int.MaxValue);
        await hosts.Pool.WarmAsync(1);
        var settled = (Host: 0UL, Worker: 0L);
        var last = settled;
        for (var count = 1; count <= Tasks; count++)
        {
            var end = await hosts.RunAsync(TestHosts.NewTask("fault.error"));
            if (count is Tasks / 10 or Tasks)
            {
                last = (end.Reply!.MemoryBytes, GC.GetTotalMemory(forceFullCollection: true));
                settled = count == Tasks ? settled : last;
            }
        }

        Assert.True(last.Host <= settled.Host + (2 << 20) && last.Worker <= settled.Worker + (4 << 20), $"{settled} has grown to {last}");
    }
}

/// <summary>Tests beside which no other runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
