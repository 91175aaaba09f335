using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.AppHost.Tests;

/// <summary>The launcher as people meet it: its words, its exit codes, and that nothing is left of it.</summary>
public sealed partial class LauncherTests
{
    [Fact]
    public async Task Start_UnknownOption_ExitsWithTwoAndUsage()
    {
        using var run = new LaunchedRun("--prot", "5081");

        Assert.Equal(2, await run.ExitAsync());
        Assert.Contains("unknown option --prot", run.Output, StringComparison.Ordinal);
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TakenPort_ExitsWithOneAndSaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, Ports.TakeFree(1)[0]);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        using var run = new LaunchedRun("--port", Text(port));

        Assert.Equal(1, await run.ExitAsync());
        Assert.Contains($"Port {port} is taken", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoRuns_SideBySide_DoNotDisturbEachOtherAndLeaveNothing()
    {
        var data = Path.Combine(Path.GetTempPath(), $"taskpipeline-test-{Guid.NewGuid():N}");
        var (firstPort, secondPort) = (Ports.TakeFreeBlock(2), Ports.TakeFree(1)[0]);
        using var first = new LaunchedRun("--port", Text(firstPort), "--apis", "2", "--workers", "2", "--slots", "2", "--data", data);
        using var second = new LaunchedRun("--port", Text(secondPort), "--workers", "1");
        Assert.Equal($"ready: http://localhost:{firstPort}", await first.ExpectAsync("ready:"));
        Assert.Equal($"ready: http://localhost:{secondPort}", await second.ExpectAsync("ready:"));

        using (var third = new LaunchedRun("--port", Text(Ports.TakeFree(1)[0]), "--data", data))
        {
            Assert.Equal(1, await third.ExitAsync());
            Assert.Contains("another run uses it", third.Output, StringComparison.Ordinal);
        }

        // Ready means: every worker has announced itself, to either replica.
        Assert.Equal(2, (await WorkersAsync(firstPort)).Length);
        Assert.Equal(2, (await WorkersAsync(firstPort + 1)).Length);
        Assert.Single(await WorkersAsync(secondPort));
        // What the table names; log lines may name the ports of clients.
        var tables = (first.Output + Environment.NewLine + second.Output).Split(Environment.NewLine).Where(line => line.StartsWith("  ", StringComparison.Ordinal));
        Assert.All(
            Addresses().Matches(string.Join(' ', tables)).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)),
            port => Assert.InRange(port, 1, 32_767));

        // Without its first replica every worker goes on with the other.
        var processes = first.Descendants();
        var api = processes.First(process => process.Command.Contains("TaskPipeline.Api", StringComparison.Ordinal)).Id;
        await LaunchedRun.SignalAsync(api, "STOP");
        var replica = await ReplicaOfAsync(api, firstPort);
        await RunHelloAsync(firstPort + 1 - replica);
        await LaunchedRun.SignalAsync(api, "KILL");
        await first.ExpectAsync($"api-{replica}     | ended with");
        await RunHelloAsync(secondPort);

        processes = [.. processes, .. first.Descendants(), .. second.Descendants()];
        await first.SignalAsync("TERM");
        await second.SignalAsync("INT");
        Assert.Equal(0, await first.ExitAsync());
        Assert.Equal(0, await second.ExitAsync());
        await LaunchedRun.ExpectGoneAsync([.. processes.Distinct()]);
        Assert.Contains(processes, process => process.Command.Contains("epmd", StringComparison.Ordinal));
        Assert.True(Directory.Exists(Path.Combine(data, "redis")), "the data was not kept");
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Run_WhoseWorkerIsKilled_StartsAnother_AndEndsWithItsLauncher()
    {
        var port = Ports.TakeFree(1)[0];
        using var run = new LaunchedRun("--port", Text(port), "--workers", "1", "--slots", "1");
        await run.ExpectAsync("ready:");
        var worker = run.Descendants().First(process => process.Command.Contains("TaskPipeline.Algorithm", StringComparison.Ordinal)).Id;

        await LaunchedRun.SignalAsync(worker, "KILL");
        await run.ExpectAsync("worker-0  | ended with");
        await RunHelloAsync(port);

        // Nobody is there to stop them any more: the kernel tells each.
        var processes = run.Descendants();
        await run.SignalAsync("KILL");
        await LaunchedRun.ExpectGoneAsync(processes);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<JsonElement[]> WorkersAsync(int port)
    {
        using var http = new HttpClient();
        var workers = await http.GetFromJsonAsync<JsonElement>($"http://localhost:{port}/workers");
        return [.. workers.GetProperty("items").EnumerateArray()];
    }

    private static async Task RunHelloAsync(int port)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(100) };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{port}/tasks") { Content = JsonContent.Create(new { algorithm = "hello" }) };
        request.Headers.Add("Prefer", "wait=60");
        using var response = await http.SendAsync(request);
        var task = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(task.TryGetProperty("status", out var status) && status.GetString() == "completed", task.ToString());
    }

    /// <summary>Which of the two replicas a process is, by its own address.</summary>
    private static async Task<int> ReplicaOfAsync(int api, int firstPort)
    {
        var urls = (await File.ReadAllTextAsync($"/proc/{api}/environ")).Split('\0').First(variable => variable.StartsWith("ASPNETCORE_URLS=", StringComparison.Ordinal));
        return urls.EndsWith(Text(firstPort), StringComparison.Ordinal) ? 0 : 1;
    }

    [GeneratedRegex(@"(?:127\.0\.0\.1|localhost):(\d+)")]
    private static partial Regex Addresses();
}
