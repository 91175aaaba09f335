using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Testing;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class NativeHostProcessTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Start_FailsBeforeTheProcess_LeavesNoFolder()
    {
        // No path at all: it fails when the command is put together, with the page there.
        await using var hosts = new TestHosts(options => options.Libraries.Add(""));

        await Assert.ThrowsAsync<ArgumentException>(hosts.StartHostAsync);

        Assert.Empty(HostFolders(hosts));
    }

    [Fact]
    public async Task Start_FailsAfterTheHello_LeavesNeitherProcessNorFolder()
    {
        // A folder in the place of the page: it cannot be deleted as the file that it was.
        var script = Path.GetTempFileName();
        ShellScript.Write(script, $"page=$3\nmv $page $page.moved\nmkdir $page\nshift 3\nexec {NativeLayout.Host} run --page $page.moved \"$@\"");
        await using var hosts = new TestHosts(options => options.HostPath = script);

        var refused = await Assert.ThrowsAsync<HostStartException>(hosts.StartHostAsync);

        Assert.IsType<UnauthorizedAccessException>(refused.InnerException);
        Assert.Empty(ProcessTable.Read().Naming(hosts.Folder));
        Assert.Empty(HostFolders(hosts));
        File.Delete(script);
    }

    [Fact]
    public async Task Run_ChannelWasClosed_EndsAtOnceWithoutAReply()
    {
        using var silent = new SilentHost();
        await using var hosts = new TestHosts(options => options.HostPath = silent.Program);
        await using var host = await hosts.StartHostAsync();
        await silent.CloseChannelAsync(host);

        var reply = await host.Run((sequence, token) => TestHosts.NewRequest(sequence, token, host)).WaitAsync(s_limit);

        Assert.Null(reply);
        Assert.False(host.Exit.IsCompleted);
    }

    private static string[] HostFolders(TestHosts hosts) => Directory.GetDirectories(Assert.Single(Directory.GetDirectories(hosts.Folder)));
}
