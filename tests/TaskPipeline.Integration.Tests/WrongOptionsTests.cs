using System.Diagnostics;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Integration.Tests;

/// <summary>What a service says to wrong options, as the process that it is.</summary>
public sealed class WrongOptionsTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Api_WrongOptions_NamesAllByTheirKeysAndEndsWithOne()
    {
        var (code, output) = await RunAsync(
            "TaskPipeline.Api",
            ("ConnectionStrings__redis", "127.0.0.1:1"),
            ("Callbacks__Secret", "too-short"),
            ("Lifecycle__Lease", "00:00:00"),
            ("Lifecycle__RetryDelay", "1.00:00:00"),
            ("Drain__Grace", "00:00:00"),
            ("Publishing__QueuesPerLane", "3"),
            ("Lanes__Short__MaxWait", "00:00:01"),
            ("Lanes__ClientWeights__greedy", "1000"));

        Assert.Equal(1, code);
        string[] keys = ["Callbacks:Secret:", "Lifecycle:Lease (00:00:00):", "Lifecycle:RetryDelay (1.00:00:00):", "Drain:Grace (00:00:00):", "Publishing:QueuesPerLane (3):", "Lanes:Short:MaxWait (00:00:01)", "Lanes:ClientWeights:greedy (1000)"];
        Assert.All(keys, key => Assert.Contains(key, output, StringComparison.Ordinal));
        Assert.DoesNotContain("too-short", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_WrongOptions_NamesAllByTheirKeysAndEndsWithOne()
    {
        var (code, output) = await RunAsync(
            "TaskPipeline.Algorithm", ("Callbacks__Secret", ""), ("Worker__Slots", "0"), ("Scheduling__AgeingShare", "3"), ("Consuming__QueuesPerLane", "512"),
            ("NativeHosts__HostPath", "/no/such/host"));

        Assert.Equal(1, code);
        string[] keys = ["Callbacks:Secret:", "Worker:Slots (0):", "Scheduling:AgeingShare (3):", "Consuming:QueuesPerLane (512):", "NativeHosts:HostPath must be a file that exists"];
        Assert.All(keys, key => Assert.Contains(key, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Api_ValueOfAnotherType_NamesItsKeyAndEndsWithOne()
    {
        var (code, output) = await RunAsync("TaskPipeline.Api", ("ConnectionStrings__redis", "127.0.0.1:1"), ("Callbacks__Secret", "the-secret-of-the-tests"), ("Timers__Interval", "soon"));

        Assert.Equal(1, code);
        Assert.Contains("'Timers:Interval'", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(string project, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(BuildOutput.Executable(project)) { RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ConnectionStrings__rabbitmq"] = "amqp://127.0.0.1:1";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output);
        }
        finally
        {
            process.Kill();
        }
    }
}
