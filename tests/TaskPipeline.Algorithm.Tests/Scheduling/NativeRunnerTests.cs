using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Tests.NativeHosts;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Tests.Scheduling;

/// <summary>What becomes of a host when something around a run fails; how runs end is tested with the faults and the ladder.</summary>
public sealed class NativeRunnerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Run_ScratchFolderCannotBeMade_EndsTheHost()
    {
        await using var hosts = new TestHosts();
        var host = await WarmAsync(hosts);
        await File.WriteAllTextAsync(ScratchOfTheFirst(hosts), "in its place");

        await Assert.ThrowsAsync<IOException>(() => hosts.RunAsync(TestHosts.NewTask("fault.error")));

        Assert.True(host.Exit.IsCompleted);
        Assert.NotEqual(host, await HostAsync(hosts));
    }

    [Fact]
    public async Task Run_HostCannotPrepareIt_IsLikeAHostThatDoesNotStartAndReplacesIt()
    {
        await using var hosts = new TestHosts();
        var host = await WarmAsync(hosts);
        await hosts.RunAsync(TestHosts.NewTask("fault.error"));

        // Left untouched, it is to serve the next task too.
        Directory.Delete(ScratchOfTheFirst(hosts));
        var refused = await Assert.ThrowsAsync<HostStartException>(() => hosts.RunAsync(TestHosts.NewTask("fault.error")));

        Assert.StartsWith("The host could not prepare the run: Cannot enter the scratch folder", refused.Message, StringComparison.Ordinal);
        Assert.NotEqual(host, await HostAsync(hosts));
        Assert.Null(hosts.Pool.Problem);
    }

    [Fact]
    public async Task Run_LeavesAFileThatTheWorkerCannotRemove_ReplacesTheHostWhoseGuardRemovesIt()
    {
        await using var hosts = new TestHosts();
        var host = await WarmAsync(hosts);
        var (over, scratch) = (Path.Combine(hosts.Folder, "over"), ScratchOfTheFirst(hosts));
        var run = await hosts.StartAsync(TestHosts.NewTask("fault.neighbour", $$"""{"file":"{{over}}"}"""));

        await NamelessFile.CreateAsync(scratch);
        await File.WriteAllTextAsync(over, "");
        var (_, outcome) = await run.WaitAsync(s_limit);

        Assert.Equal(TaskOutcome.Completed, outcome.Outcome);
        Assert.NotEqual(host, await HostAsync(hosts));
        await host.Exit.WaitAsync(s_limit);
        Assert.False(Directory.Exists(scratch));
    }

    /// <summary>Starts the one host that there is.</summary>
    private static async Task<NativeHostProcess> WarmAsync(TestHosts hosts)
    {
        await hosts.Pool.WarmAsync(1);
        return await HostAsync(hosts);
    }

    private static async Task<NativeHostProcess> HostAsync(TestHosts hosts)
    {
        var host = await hosts.RentAsync().WaitAsync(s_limit);
        hosts.Pool.ReturnUnused(host);
        return host;
    }

    /// <summary>Of the first task in the first host.</summary>
    private static string ScratchOfTheFirst(TestHosts hosts) => Path.Combine(Assert.Single(Directory.GetDirectories(hosts.Folder)), "1", "1");
}
