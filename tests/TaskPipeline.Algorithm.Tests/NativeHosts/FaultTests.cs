using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Contracts;
using TaskPipeline.Testing;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>Every fault beside a neighbour that must not notice, with real guards and hosts.</summary>
public sealed class FaultTests
{
    private static readonly long s_memoryLimit = FaultCases.Limits[nameof(NativeHostOptions.MemoryLimitBytes)];

    public static TheoryData<string> Names => FaultCases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_Fault_EndsAsDocumentedAndTheNeighbourDoesNotNotice(string name)
    {
        var fault = FaultCases.Get(name);
        await using var hosts = new TestHosts(Limit);
        await hosts.Pool.WarmAsync(2);
        var over = Path.Combine(hosts.Folder, "over");
        var neighbour = await hosts.StartAsync(TestHosts.NewTask("fault.neighbour", $$"""{"file":"{{over}}"}"""));

        var (end, mapped) = await hosts.RunAndMapAsync(TestHosts.NewTask(fault.Algorithm, fault.Input.Replace(FaultCases.File, TestHosts.Faults, StringComparison.Ordinal), fault.TimeoutSeconds));
        Assert.False(neighbour.IsCompleted);
        await File.WriteAllTextAsync(over, "");
        var watched = await neighbour;

        Assert.Equal(TaskOutcome.Completed, watched.Outcome.Outcome);
        Assert.Equal(ExpectedOutcome(fault), mapped.Outcome);
        var (failure, expected) = (mapped.Failure, fault);
        Assert.Equal((expected.Kind, expected.Signal, expected.ExitCode, expected.Limit), (failure?.Kind, failure?.Signal, failure?.ExitCode, failure?.Limit));
        Assert.Contains(fault.Says, failure?.Message ?? "", StringComparison.Ordinal);
        Assert.True(end.Wall > TimeSpan.Zero);
        Assert.True(end.Reply is not null || end.Exit is { PeakMemoryBytes: > 1 << 20, CpuSeconds: > 0 }, $"{end.Exit}");
    }

    [Fact]
    public async Task Faults_AgainstTheLibrary_AreAllOfThem()
    {
        await using var hosts = new TestHosts(options => options.Libraries.RemoveAt(0));
        await hosts.Catalogue.LoadAsync(CancellationToken.None);

        Assert.Equal(hosts.Catalogue.Entries.Keys.Order(StringComparer.Ordinal), FaultCases.All.Select(fault => fault.Algorithm).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Faults_RunInTheHostThatWasCompiledAheadOfTime() => Assert.Contains("/publish/", NativeLayout.Host, StringComparison.Ordinal);

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
        Assert.InRange(over.Exit!.PeakMemoryBytes!.Value, (long)(0.9 * s_memoryLimit), (long)(1.1 * s_memoryLimit));
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
        await hosts.Pool.WarmAsync(1);
        var host = await hosts.RentAsync();
        hosts.Pool.ReturnUnused(host);

        var end = await hosts.RunAsync(TestHosts.NewTask("fault.print-environment"));

        string[] allowed = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "HOME", "TMPDIR", "DOTNET_EnableDiagnostics", "DOTNET_gcServer", "DOTNET_GCgen0size"];
        var lines = end.Output.Split('\n');
        Assert.Empty(lines.Where(line => line.StartsWith("env ", StringComparison.Ordinal)).Select(line => line[4..].Split('=')[0]).Except(allowed));
        var descriptors = lines.Where(line => line.StartsWith("fd ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToDictionary(words => words[1], words => words[2]);

        // 3 and 4 are the channel; the runtime of the host keeps its source of random numbers open, and the host what the kernel says of its own size.
        string[] own = ["/dev/urandom", $"/proc/{host.ProcessId}/statm"];
        var others = descriptors.Where(pair => !own.Contains(pair.Value)).ToList();
        Assert.Equal(["0", "1", "2", "3", "4"], others.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.All(others, pair => Assert.True(pair.Value is "/dev/null" || pair.Value.StartsWith("pipe:", StringComparison.Ordinal), pair.Value));
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

    private static TaskOutcome ExpectedOutcome(FaultCase fault) => fault switch
    {
        { Status: "completed" } => TaskOutcome.Completed,
        { Status: "timed_out" } => TaskOutcome.TimedOut,
        { Kind: "crash" } => TaskOutcome.Crash,
        _ => TaskOutcome.Error,
    };

    private static void Limit(NativeHostOptions options)
    {
        new ConfigurationBuilder()
            .AddInMemoryCollection(FaultCases.Limits.Select(limit => KeyValuePair.Create(limit.Key, (string?)limit.Value.ToString(CultureInfo.InvariantCulture))))
            .Build()
            .Bind(options);
        options.StopGrace = TimeSpan.FromMilliseconds(200);
    }
}
