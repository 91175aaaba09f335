using System.Diagnostics;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.NativeHost.Protocol;
using TaskPipeline.Testing;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class NativeHostPoolTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Rent_AfterACrash_HasTheSpareAtOnce()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(2);

        await hosts.RunAsync(TestHosts.NewTask("fault.segfault"));
        var rent = hosts.Pool.RentAsync(NeverAsync());

        Assert.True(rent.IsCompletedSuccessfully);
        hosts.Pool.ReturnUnused((await rent)!);
    }

    [Theory]
    [InlineData("fault.segfault", "{}", 60.0)]
    [InlineData("fault.deaf", "{}", 0.2)]
    [InlineData("fault.fork", "{}", 60.0)]
    [InlineData("fault.leak", """{"megabytes":40}""", 60.0)]
    [InlineData("fault.close-fds", "{}", 60.0)]
    [InlineData("fault.files", """{"keep":64}""", 60.0)]
    public async Task Rent_AfterATaskThatSpoiledItsHost_GivesAnother(string algorithm, string input, double timeoutSeconds)
    {
        await using var hosts = new TestHosts(options =>
            (options.StopGrace, options.TerminateGrace, options.RecycleAboveBytes) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100), 32 << 20));
        await hosts.Pool.WarmAsync(1);
        var before = await RentedIdAsync(hosts);

        await hosts.RunAsync(TestHosts.NewTask(algorithm, input, timeoutSeconds));
        var after = await RentedIdAsync(hosts);

        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task Rent_AfterATaskThatEndedWell_GivesTheSameHost()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var before = await RentedIdAsync(hosts);

        await hosts.RunAsync(TestHosts.NewTask("fault.error"));

        Assert.Equal(before, await RentedIdAsync(hosts));
    }

    [Fact]
    public async Task Rent_WithOneTaskPerHost_GivesAFreshOneEachTime()
    {
        await using var hosts = new TestHosts(options => options.TasksPerHost = 1);
        await hosts.Pool.WarmAsync(1);
        var ids = new HashSet<int>();
        for (var count = 0; count < 5; count++)
        {
            ids.Add(await RentedIdAsync(hosts));
            await hosts.RunAsync(TestHosts.NewTask("fault.error"));
        }

        Assert.Equal(5, ids.Count);
    }

    [Fact]
    public async Task Return_HostThatHasRunItsNumber_IsReplacedEarlierByItsJitter()
    {
        const int Number = 40;
        await using var hosts = new TestHosts(options => options.TasksPerHost = Number);
        await hosts.Pool.WarmAsync(1);

        for (var count = 0; count < 4; count++)
        {
            var worn = await RunUntilReplacedAsync(hosts, TestHosts.NewTask("fault.error"));

            Assert.Equal((ulong)Math.Ceiling(Number * (1 - (worn.Host.Jitter / 4))), worn.Host.Sequence);
        }
    }

    [Fact]
    public async Task Return_HostWhoseMemoryGrew_IsReplacedAtTheLimitLessItsJitter()
    {
        const ulong Step = 4 << 20;
        const long Limit = 48 << 20;
        await using var hosts = new TestHosts(options => options.RecycleAboveBytes = Limit);
        await hosts.Pool.WarmAsync(1);

        for (var count = 0; count < 3; count++)
        {
            var worn = await RunUntilReplacedAsync(hosts, TestHosts.NewTask("fault.leak", """{"megabytes":4}"""));

            var limit = (ulong)(Limit * (1 - (worn.Host.Jitter / 4)));
            Assert.InRange(worn.MemoryBytes, limit, limit + Step + (Step / 4));
        }
    }

    [Fact]
    public async Task Return_HostThatCannotLoadALibrary_IsReplaced()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        var reply = await host.Run((sequence, token) => TestHosts.NewRequest(sequence, token, host) with { LibraryPath = "/nonexistent/lib.so" });

        hosts.Pool.Return(host, reply!);

        Assert.Equal(HostStatus.LibraryUnusable, reply!.Status);
        Assert.Null(hosts.Pool.Problem);
        Assert.NotEqual(host.ProcessId, await RentedIdAsync(hosts));
    }

    [Fact]
    public async Task Return_NewHostThatCannotPrepareARun_CountsLikeOneThatDidNotStart()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        var reply = await host.Run((sequence, token) => TestHosts.NewRequest(sequence, token, host) with { ScratchDirectory = "/nonexistent" });

        hosts.Pool.Return(host, reply!);
        var problem = hosts.Pool.Problem;
        var next = await RentedIdAsync(hosts);
        var afterHello = hosts.Pool.Problem;
        await hosts.RunAsync(TestHosts.NewTask("fault.error"));

        Assert.StartsWith("The host could not prepare its first run: Cannot enter the scratch folder", problem, StringComparison.Ordinal);
        Assert.NotEqual(host.ProcessId, next);

        // Another hello proves nothing, a run does.
        Assert.Equal(problem, afterHello);
        Assert.Null(hosts.Pool.Problem);
    }

    [Fact]
    public async Task Return_WithMoreHostsThanWanted_EndsTheSurplus()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var first = await hosts.RentAsync();
        var second = await hosts.RentAsync();

        hosts.Pool.ReturnUnused(first);
        hosts.Pool.ReturnUnused(second);

        var ended = await Task.WhenAny(first.Exit, second.Exit).WaitAsync(s_limit);
        Assert.Equal(0, (await ended).ExitCode);
        Assert.True(first.IsUsable != second.IsUsable);
    }

    [Fact]
    public async Task Pool_HostThatDiesWhileItWaits_IsReplaced()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(host);

        using (var process = Process.GetProcessById(host.ProcessId))
        {
            process.Kill();
        }

        Assert.Equal(9, (await host.Exit.WaitAsync(s_limit)).Signal);
        var next = await hosts.RentAsync().WaitAsync(s_limit);
        Assert.NotEqual(host.ProcessId, next.ProcessId);
        hosts.Pool.ReturnUnused(next);
    }

    [Fact]
    public async Task Rent_HostThatLivesButCannotAnswer_GivesAnotherAndSaysWhy()
    {
        using var silent = new SilentHost();
        await using var hosts = new TestHosts(options => options.HostPath = silent.Program);
        await hosts.Pool.WarmAsync(1);
        var broken = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(broken);
        await silent.CloseChannelAsync(broken);
        var livesOn = !broken.Exit.IsCompleted;

        var next = await hosts.RentAsync().WaitAsync(s_limit);

        Assert.True(livesOn);
        Assert.NotEqual(broken, next);
        Assert.Equal("The host broke as soon as it had started: its channel was closed", hosts.Pool.Problem);
        hosts.Pool.ReturnUnused(next);
        await broken.Exit.WaitAsync(s_limit);
    }

    [Fact]
    public async Task Pool_HostsThatDoNotStart_SaysWhyBacksOffAndRecovers()
    {
        var folder = Directory.CreateTempSubdirectory("tp-script-");
        var script = Path.Combine(folder.FullName, "host.sh");
        var starts = Path.Combine(folder.FullName, "starts");
        var real = NativeLayout.Host;
        ShellScript.Write(script, $"echo start >> {starts}\necho the model is missing >&2\nexit 5");
        await using var hosts = new TestHosts(options => options.HostPath = script);

        await hosts.Pool.WarmAsync(1);
        var refused = await Assert.ThrowsAsync<HostStartException>(() => hosts.RentAsync().WaitAsync(s_limit));
        var tried = (await File.ReadAllLinesAsync(starts)).Length;
        var problem = hosts.Pool.Problem;
        ShellScript.Write(script, $"exec {real} \"$@\"");
        var host = await RentInspiteOfFailuresAsync(hosts);

        Assert.Equal("The host did not start: it ended with exit code 5 before it said hello: the model is missing", refused.Message);
        Assert.Equal(refused.Message, problem);
        Assert.InRange(tried, 2, 6);
        Assert.Null(hosts.Pool.Problem);
        hosts.Pool.ReturnUnused(host);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Pool_GuardThatCannotStartTheHost_SaysWhy()
    {
        var notExecutable = Path.GetTempFileName();
        await using var hosts = new TestHosts(options => options.HostPath = notExecutable);

        var refused = await Assert.ThrowsAsync<HostStartException>(hosts.RentAsync);

        Assert.Equal("The host did not start: 13 Permission denied", refused.Message);
        File.Delete(notExecutable);
    }

    [Fact]
    public async Task Pool_HostThatSaysNothing_IsGivenUpAndEnded()
    {
        var script = Path.GetTempFileName();
        ShellScript.Write(script, "sleep 3600");
        await using var hosts = new TestHosts(options => (options.HostPath, options.StartLimit) = (script, TimeSpan.FromMilliseconds(200)));

        var refused = await Assert.ThrowsAsync<HostStartException>(hosts.RentAsync);

        Assert.Equal("The host did not start: it said no hello within 0.2 seconds", refused.Message);
        File.Delete(script);
    }

    [Fact]
    public async Task OpenAndClose_AreCalledOncePerHost()
    {
        var notes = Path.GetTempFileName();
        var input = $$"""{"file":"{{notes}}"}""";
        await using (var hosts = new TestHosts())
        {
            await hosts.Pool.WarmAsync(1);
            for (var count = 0; count < 3; count++)
            {
                await hosts.RunAsync(TestHosts.NewTask("fault.lifetime", input));
            }
        }

        Assert.Equal(["run, opened 1", "run, opened 1", "run, opened 1", "close"], await File.ReadAllLinesAsync(notes));
        File.Delete(notes);
    }

    [Fact]
    public async Task Run_CrashesAmongOthers_EndEachAsItsSeedSays()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(3);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 2).Select(async slot =>
        {
            var ended = new List<TaskOutcome>();
            for (var seed = slot; seed < 200; seed += 2)
            {
                ended.Add((await hosts.RunAndMapAsync(TestHosts.NewTask("fault.random", $$"""{"seed":{{seed}}}"""))).Outcome.Outcome);
            }

            return ended;
        }));

        // The same seeds as in native/tests/test_faults.c, where between 20 and 60 of 200 crash.
        Assert.InRange(outcomes.Sum(slot => slot.Count(outcome => outcome == TaskOutcome.Crash)), 20, 60);
        Assert.All(outcomes.SelectMany(slot => slot), outcome => Assert.True(outcome is TaskOutcome.Crash or TaskOutcome.Completed));
    }

    [Fact]
    public async Task JitHost_CrashCancelAndTimeOut_EndAsWithTheOther()
    {
        await using var hosts = new TestHosts(options =>
            (options.HostPath, options.StopGrace, options.TerminateGrace) = (TestHosts.JitHost, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)));
        await hosts.Pool.WarmAsync(2);
        var cancelled = TestHosts.NewTask("fault.deaf");

        var crash = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.segfault"));
        var overflow = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.stack-overflow"));
        var timedOut = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.loop", timeoutSeconds: 0.3));
        var run = await hosts.StartAsync(cancelled);
        cancelled.Stop(StopReason.Cancelled);
        var (_, outcome) = await run.WaitAsync(s_limit);

        Assert.Equal(("SIGSEGV", "SIGSEGV"), (crash.Outcome.Failure!.Signal, overflow.Outcome.Failure!.Signal));
        Assert.Equal((TaskOutcome.TimedOut, TaskOutcome.Cancelled), (timedOut.Outcome.Outcome, outcome.Outcome));
    }

    private static Task NeverAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);

    private static async Task<int> RentedIdAsync(TestHosts hosts)
    {
        var host = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(host);
        return host.ProcessId;
    }

    /// <summary>Runs a task again and again in the one host that there is, until another is in its place.</summary>
    /// <returns>The host before, and what it held after its last task.</returns>
    private static async Task<(NativeHostProcess Host, ulong MemoryBytes)> RunUntilReplacedAsync(TestHosts hosts, RunningTask task)
    {
        var before = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(before);
        while (true)
        {
            var end = await hosts.RunAsync(task);
            var now = await hosts.RentAsync().WaitAsync(s_limit);
            hosts.Pool.ReturnUnused(now);
            if (now != before)
            {
                return (before, end.Reply!.MemoryBytes);
            }
        }
    }

    private static async Task<NativeHostProcess> RentInspiteOfFailuresAsync(TestHosts hosts)
    {
        while (true)
        {
            try
            {
                return await hosts.RentAsync().WaitAsync(s_limit);
            }
            catch (HostStartException)
            {
                // One that was started from the old script.
            }
        }
    }
}
