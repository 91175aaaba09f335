using System.Text;
using System.Text.Json;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>Every fault beside a neighbour that must not notice, with real guards and hosts.</summary>
public sealed class FaultTests
{
    private const long MemoryLimit = 128L << 20;

    /// <summary>Algorithm, input, what it comes to, and what the failure says: kind, signal, exit code, limit.</summary>
    public static TheoryData<string, string, TaskOutcome, string?> Faults => new()
    {
        { "fault.segfault", "{}", TaskOutcome.Crash, "crash SIGSEGV  " },
        { "fault.abort", "{}", TaskOutcome.Crash, "crash SIGABRT  " },
        { "fault.fpe", "{}", TaskOutcome.Crash, "crash SIGFPE  " },
        { "fault.stack-overflow", "{}", TaskOutcome.Crash, "crash SIGSEGV  " },
        { "fault.double-free", "{}", TaskOutcome.Crash, "crash SIGABRT  " },
        { "fault.exit", """{"code":3}""", TaskOutcome.Crash, "crash  3 " },
        { "fault.exit", """{"code":0}""", TaskOutcome.Crash, "crash  0 " },
        { "fault.exit", """{"code":139}""", TaskOutcome.Crash, "crash  139 " },
        { "fault.close-fds", "{}", TaskOutcome.Crash, "crash  74 " },
        { "fault.channel", "{}", TaskOutcome.Crash, "crash SIGKILL  " },
        { "fault.channel", """{"forged":true}""", TaskOutcome.Crash, "crash SIGKILL  " },
        { "fault.hog", "{}", TaskOutcome.Crash, "crash SIGABRT  memory" },
        { "fault.cpu", "{}", TaskOutcome.Crash, "crash SIGXCPU  cpu" },
        { "fault.scratch", """{"megabytes":65}""", TaskOutcome.Crash, "crash SIGXFSZ  scratch" },
        { "fault.scratch", """{"megabytes":40,"files":2,"hold":60}""", TaskOutcome.Crash, "crash SIGKILL  scratch" },
        { "fault.random", """{"probability":1,"seed":1}""", TaskOutcome.Crash, null },
        { "fault.random", """{"probability":0}""", TaskOutcome.Completed, null },
        { "fault.loop", "{}", TaskOutcome.TimedOut, "timeout   " },
        { "fault.deaf", "{}", TaskOutcome.TimedOut, "timeout   " },
        { "fault.stall", "{}", TaskOutcome.TimedOut, "timeout   " },
        { "fault.error", "{}", TaskOutcome.Error, "error   " },
        { "fault.error", """{"retryable":true}""", TaskOutcome.Error, "error   " },
        { "fault.no-start", "{}", TaskOutcome.Error, "error   " },
        { "fault.big-result", "{}", TaskOutcome.Error, "rejected   " },
        { "fault.bad-json", "{}", TaskOutcome.Error, "rejected   " },
        { "fault.backwards", "{}", TaskOutcome.Completed, null },
        { "fault.fork", "{}", TaskOutcome.Completed, null },
        { "fault.files", "{}", TaskOutcome.Completed, null },
        { "fault.garbage", "{}", TaskOutcome.Completed, null },
        { "fault.flood", """{"megabytes":50}""", TaskOutcome.Completed, null },
        { "fault.leak", "{}", TaskOutcome.Completed, null },
        { "fault.slow-start", "{}", TaskOutcome.Completed, null },
        { "fault.print-environment", "{}", TaskOutcome.Completed, null },
        { "fault.exclusive", "{}", TaskOutcome.Completed, null },
        { "fault.lifetime", """{"file":"notes.txt"}""", TaskOutcome.Completed, null },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Run_Fault_EndsAsDocumentedAndTheNeighbourDoesNotNotice(string algorithm, string input, TaskOutcome outcome, string? failure)
    {
        await using var hosts = new TestHosts(Limit);
        await hosts.Pool.WarmAsync(2);
        var endless = outcome == TaskOutcome.TimedOut;
        var task = TestHosts.NewTask(algorithm, input, timeoutSeconds: endless ? 0.5 : 60);

        var faulty = hosts.RunAndMapAsync(task);
        var neighbour = await hosts.RunAndMapAsync(TestHosts.NewTask("primes", """{"limit":1000000}"""));
        var (end, mapped) = await faulty;

        Assert.Equal(TaskOutcome.Completed, neighbour.Outcome.Outcome);
        Assert.Equal("""{"limit":1000000,"count":78498}""", Encoding.UTF8.GetString(neighbour.End.Reply!.Result!.Value.Span));
        Assert.Equal(outcome, mapped.Outcome);
        if (failure is not null)
        {
            Assert.Equal(failure, $"{mapped.Failure!.Kind} {mapped.Failure.Signal} {mapped.Failure.ExitCode} {mapped.Failure.Limit}");
        }

        Assert.True(end.Wall > TimeSpan.Zero);
        Assert.True(end.Reply is not null || end.Exit is { PeakMemoryBytes: > 1 << 20, CpuSeconds: > 0 }, $"{end.Exit}");
    }

    [Fact]
    public async Task Faults_AgainstTheLibrary_AreAllOfThem()
    {
        await using var hosts = new TestHosts(options => options.Libraries.RemoveAt(0));
        await hosts.Catalogue.LoadAsync(CancellationToken.None);

        Assert.Equal(hosts.Catalogue.Entries.Keys.Order(StringComparer.Ordinal), Faults.Select(row => (string)row[0]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Run_Crash_KeepsTheLastKibibyteOfStandardErrorProgressAndStage()
    {
        await using var hosts = new TestHosts();

        var (end, mapped) = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.segfault"));

        Assert.Equal("fault.segfault: writing through a null pointer\n", mapped.Failure!.Stderr);
        Assert.Equal((40, "about to crash"), (end.Last.Percent, end.Last.Stage));
        Assert.Equal("The native code was ended by SIGSEGV at 40 %, about to crash", mapped.Failure.Message);
    }

    [Fact]
    public async Task Run_Flood_KeepsTheEndOfTheOutput()
    {
        await using var hosts = new TestHosts();

        var end = await hosts.RunAsync(TestHosts.NewTask("fault.flood", """{"megabytes":200}"""));

        Assert.Equal(16_384, end.Output.Length);
        Assert.EndsWith($"flood {(200 * 16_384) - 1,57}\n", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Garbage_KeepsTheNextTaskOfTheHostClean()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);

        var garbage = await hosts.RunAsync(TestHosts.NewTask("fault.garbage"));
        var hello = await hosts.RunAsync(TestHosts.NewTask("fault.error"));

        Assert.NotEmpty(garbage.Output);
        Assert.NotEmpty(garbage.Errors);
        Assert.Equal(("", ""), (hello.Output, hello.Errors));
    }

    [Fact]
    public async Task Run_Hog_ReportsItsPeakAndTheNextTaskOfTheHostItsOwn()
    {
        await using var hosts = new TestHosts(Limit);
        await hosts.Pool.WarmAsync(1);

        var large = await hosts.RunAsync(TestHosts.NewTask("fault.hog", """{"megabytes":64}"""));
        var small = await hosts.RunAsync(TestHosts.NewTask("fault.error"));
        var over = await hosts.RunAsync(TestHosts.NewTask("fault.hog"));

        Assert.InRange(large.Reply!.PeakMemoryBytes, 64UL << 20, 100UL << 20);
        Assert.InRange(small.Reply!.PeakMemoryBytes, 1UL << 20, 32UL << 20);
        Assert.InRange(over.Exit!.PeakMemoryBytes!.Value, (long)(0.9 * MemoryLimit), (long)(1.1 * MemoryLimit));
    }

    [Fact]
    public async Task Run_CpuLimit_CountsFromWhatTheHostHasUsed()
    {
        await using var hosts = new TestHosts(options => options.CpuLimitSeconds = 2);
        await hosts.Pool.WarmAsync(1);

        var first = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.cpu", """{"seconds":1.5}"""));
        var second = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.cpu", """{"seconds":1.5}"""));
        var third = await hosts.RunAndMapAsync(TestHosts.NewTask("fault.cpu"));

        Assert.Equal((TaskOutcome.Completed, TaskOutcome.Completed), (first.Outcome.Outcome, second.Outcome.Outcome));
        Assert.InRange(second.End.Reply!.CpuSeconds, 1.4, 1.9);
        Assert.Equal(("SIGXCPU", "cpu"), (third.Outcome.Failure!.Signal, third.Outcome.Failure.Limit));
        Assert.InRange(third.End.Exit!.CpuSeconds!.Value - third.End.CpuSecondsBefore, 1.9, 3.5);
    }

    [Fact]
    public async Task Run_Files_StopAtTheLimitOfDescriptors()
    {
        await using var hosts = new TestHosts(options => options.OpenFilesLimit = 64);

        var end = await hosts.RunAsync(TestHosts.NewTask("fault.files"));

        Assert.InRange(ResultOf(end).GetProperty("opened").GetInt32(), 32, 63);
    }

    [Fact]
    public async Task Run_Crash_DumpsNoCoreAndLeavesNoFile()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);

        await hosts.RunAsync(TestHosts.NewTask("fault.segfault"));
        await hosts.RunAsync(TestHosts.NewTask("fault.scratch", """{"megabytes":1}"""));
        await hosts.Pool.DisposeAsync();

        Assert.Single(Directory.GetFiles(hosts.Folder, "*", SearchOption.AllDirectories), file => file.EndsWith(".lock", StringComparison.Ordinal));
        Assert.Single(Directory.GetDirectories(hosts.Folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Run_Environment_HasNoSecretAndNoDescriptorOfOurs()
    {
        Environment.SetEnvironmentVariable("Callbacks__Secret", "a-secret-that-must-not-leak");
        await using var hosts = new TestHosts();
        using var opened = File.OpenRead(TestHosts.Faults);

        var end = await hosts.RunAsync(TestHosts.NewTask("fault.print-environment"));

        string[] allowed = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "HOME", "TMPDIR", "DOTNET_EnableDiagnostics", "DOTNET_gcServer", "DOTNET_GCgen0size"];
        var lines = end.Output.Split('\n');
        Assert.Empty(lines.Where(line => line.StartsWith("env ", StringComparison.Ordinal)).Select(line => line[4..].Split('=')[0]).Except(allowed));
        var descriptors = lines.Where(line => line.StartsWith("fd ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToDictionary(words => words[1], words => words[2]);

        // 3 and 4 are the channel; the runtime of the host keeps its source of random numbers open.
        Assert.Equal(["0", "1", "2", "3", "4"], descriptors.Where(pair => pair.Value != "/dev/urandom").Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.All(descriptors, pair => Assert.True(pair.Value is "/dev/null" or "/dev/urandom" || pair.Value.StartsWith("pipe:", StringComparison.Ordinal), pair.Value));
        Assert.Contains(lines, line => line == $"ancestor {Environment.ProcessId} is closed");
        Assert.DoesNotContain("a-secret-that-must-not-leak", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Scratch_IsEmptyForEachTaskAndGoneAfterIt()
    {
        await using var hosts = new TestHosts();
        await hosts.Pool.WarmAsync(1);

        var first = await hosts.RunAsync(TestHosts.NewTask("fault.print-environment"));
        var filled = await hosts.RunAsync(TestHosts.NewTask("fault.scratch", """{"megabytes":1}"""));
        var second = await hosts.RunAsync(TestHosts.NewTask("fault.print-environment"));

        string[] folders = [FolderOf(first), FolderOf(second)];
        Assert.Equal(TaskOutcome.Completed, HostOutcomeMapper.Map(filled, TestHosts.NewTask("any").Message.Submission).Outcome);
        Assert.Equal(2, folders.Distinct().Count());
        Assert.All(folders, folder => Assert.StartsWith(hosts.Folder, folder, StringComparison.Ordinal));
        Assert.Single(Directory.GetDirectories(hosts.Folder, "*", SearchOption.AllDirectories), folder => Path.GetFileName(folder) == "1");
    }

    private static string FolderOf(AttemptEnd end) => end.Output.Split('\n').Single(line => line.StartsWith("env TMPDIR=", StringComparison.Ordinal))["env TMPDIR=".Length..];

    private static JsonElement ResultOf(AttemptEnd end)
    {
        using var document = JsonDocument.Parse(end.Reply!.Result!.Value);
        return document.RootElement.Clone();
    }

    private static void Limit(NativeHostOptions options)
    {
        options.MemoryLimitBytes = MemoryLimit;
        options.CpuLimitSeconds = 2;
        options.ScratchLimitBytes = 64 << 20;
        options.StopGrace = TimeSpan.FromMilliseconds(200);
        options.TerminateGrace = TimeSpan.FromMilliseconds(200);
    }
}
