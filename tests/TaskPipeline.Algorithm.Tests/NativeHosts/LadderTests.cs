using System.Diagnostics;
using System.Globalization;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Testing;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class LadderTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Cancel_CodeThatListens_EndsAtTheFlag()
    {
        // With graces that nobody lives to see: only the flag can end it.
        await using var hosts = new TestHosts(options => (options.StopGrace, options.TerminateGrace) = (TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)));
        await hosts.Pool.WarmAsync(1);
        var task = TestHosts.NewTask("fault.cpu");

        var (end, outcome) = await CancelOnceItRunsAsync(hosts, task);

        Assert.Equal(TaskOutcome.Cancelled, outcome.Outcome);
        Assert.NotNull(end.Exit);
        Assert.InRange(end.Exit.CpuSeconds!.Value, 0.001, 300);
    }

    [Fact]
    public async Task Cancel_CodeThatDoesNotListen_EndsAtSigterm()
    {
        await using var hosts = new TestHosts(options => (options.StopGrace, options.TerminateGrace) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(5)));
        await hosts.Pool.WarmAsync(1);

        var (end, outcome) = await CancelOnceItRunsAsync(hosts, TestHosts.NewTask("fault.loop"));

        Assert.Equal((TaskOutcome.Cancelled, 15), (outcome.Outcome, end.Exit!.Signal));
    }

    [Fact]
    public async Task Cancel_CodeThatIsDeaf_EndsAtSigkillAfterBothGraces()
    {
        await using var hosts = new TestHosts(options => (options.StopGrace, options.TerminateGrace) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(200)));
        await hosts.Pool.WarmAsync(1);

        var (end, outcome) = await CancelOnceItRunsAsync(hosts, TestHosts.NewTask("fault.deaf"));

        Assert.Equal((TaskOutcome.Cancelled, 9), (outcome.Outcome, end.Exit!.Signal));
        Assert.True(end.Wall >= TimeSpan.FromMilliseconds(500), $"{end.Wall}");
    }

    [Fact]
    public async Task Cancel_BeforeTheRun_RunsNothing()
    {
        await using var hosts = new TestHosts();
        var task = TestHosts.NewTask("fault.segfault");
        task.Stop(StopReason.Cancelled);

        var (end, outcome) = await hosts.RunAndMapAsync(task);

        Assert.Equal(TaskOutcome.Cancelled, outcome.Outcome);
        Assert.True(end is { Reply: null, Exit: null });
    }

    [Fact]
    public async Task Cancel_WhileTheHostStarts_EndsAtOnceAndKeepsTheHostForTheNext()
    {
        // A host that takes its time: a script that waits for a file before it becomes the host.
        var gate = Path.Combine(Path.GetTempPath(), $"tp-gate-{Guid.NewGuid():N}");
        await using var hosts = new TestHosts(options => options.HostPath = gate + ".sh");
        ShellScript.Write(hosts.Options.HostPath, $"while [ ! -e {gate} ]; do sleep 0.05; done\nexec {NativeLayout.Host} \"$@\"");
        var task = TestHosts.NewTask("fault.error");

        var run = hosts.RunAndMapAsync(task);
        task.Stop(StopReason.Cancelled);
        var (_, outcome) = await run.WaitAsync(s_limit);
        await File.WriteAllTextAsync(gate, "");
        var (_, next) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.error")).WaitAsync(s_limit);

        Assert.Equal((TaskOutcome.Cancelled, TaskOutcome.Error), (outcome.Outcome, next.Outcome));
        File.Delete(gate);
        File.Delete(hosts.Options.HostPath);
    }

    [Fact]
    public async Task TimeOut_WithAGrandchildInItsOwnSession_IsOverWhenThatIsGoneToo()
    {
        await using var hosts = new TestHosts(Impatient);

        var (end, outcome) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.fork", """{"hold":60}""", timeoutSeconds: 3));

        // "left process 4711 behind"
        var grandchild = int.Parse(end.Last.Stage!.Split(' ')[2], CultureInfo.InvariantCulture);
        Assert.Null(ProcessTable.Find(grandchild));
        Assert.Equal((TaskOutcome.TimedOut, 1), (outcome.Outcome, end.Exit!.Swept));
    }

    [Fact]
    public async Task End_WithAGrandchildLeftBehind_RetiresTheHostAndSweeps()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(host);

        var (end, outcome) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.fork"));
        var exit = await host.Exit.WaitAsync(s_limit);

        var grandchild = int.Parse(System.Text.Encoding.UTF8.GetString(end.Reply!.Result!.Value.Span).Split(':')[1].TrimEnd('}'), CultureInfo.InvariantCulture);
        Assert.Null(ProcessTable.Find(grandchild));
        Assert.Equal((TaskOutcome.Completed, 1), (outcome.Outcome, exit.Swept));
    }

    [Fact]
    public async Task NoProgress_CodeThatReportsNothing_TimesOut()
    {
        await using var hosts = new TestHosts(Impatient);

        var (end, outcome) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.stall", noProgressTimeoutSeconds: 0.3));

        Assert.Equal((TaskOutcome.TimedOut, "no_progress"), (outcome.Outcome, outcome.Failure!.Kind));
        Assert.True(end.Wall >= TimeSpan.FromSeconds(0.3), $"{end.Wall}");
    }

    [Fact]
    public async Task NoProgress_CodeThatReports_GoesOnUntilItsTimeIsUp()
    {
        await using var hosts = new TestHosts(Impatient);

        var (_, outcome) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.deaf", timeoutSeconds: 3, noProgressTimeoutSeconds: 1.5));

        Assert.Equal("timeout", outcome.Failure!.Kind);
    }

    [Fact]
    public async Task TimeOut_BeforeTheHostHasBegun_ReportsNothingOfTheTaskBefore()
    {
        await using var hosts = new TestHosts(Impatient);
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(host);
        var before = await hosts.RunAsync(TestHosts.NewTask("fault.error"));
        await SignalAsync(host.ProcessId, "STOP");
        var task = TestHosts.NewTask("fault.stall", timeoutSeconds: 0.5);

        var end = await hosts.RunAsync(task).WaitAsync(s_limit);

        Assert.Equal((40, "failing"), (before.Last.Percent, before.Last.Stage));
        Assert.Equal((StopReason.Timeout, 9), (end.Stopped, end.Exit!.Signal));
        Assert.Equal((0, (string?)null), (end.Last.Percent, end.Last.Stage));
        Assert.Equal((0, (string?)null), task.Progress);
    }

    [Fact]
    public async Task Abandon_IsNotAskedPolitely()
    {
        await using var hosts = new TestHosts(options => options.StopGrace = TimeSpan.FromMinutes(5));
        await hosts.Pool.WarmAsync(1);
        var task = TestHosts.NewTask("fault.deaf");
        var run = await hosts.StartAsync(task);

        task.Stop(StopReason.Abandoned);
        var (end, _) = await run.WaitAsync(s_limit);

        Assert.Equal((StopReason.Abandoned, 9), (end.Stopped, end.Exit!.Signal));
    }

    private static async Task SignalAsync(int id, string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-s", signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static void Impatient(NativeHostOptions options) =>
        (options.StopGrace, options.TerminateGrace) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));

    private static async Task<(AttemptEnd End, MappedOutcome Outcome)> CancelOnceItRunsAsync(TestHosts hosts, RunningTask task)
    {
        var run = await hosts.StartAsync(task);
        task.Stop(StopReason.Cancelled);
        return await run.WaitAsync(s_limit);
    }
}
