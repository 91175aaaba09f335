using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>Many tasks through one worker, after a warm-up: what the worker and its hosts hold after each part of them. What grows here would grow for ever.</summary>
internal static class MemoryBenchmark
{
    private const int Parts = 5;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--tasks", "--warm", "--slots", "--log");
        var (tasks, warm) = (options.Number("--tasks", 10_000), options.Number("--warm", 10_000));
        await using var log = new StreamWriter(options.Text("--log", "/dev/null"), append: true);
        var launch = new LauncherOptions { Port = Ports.TakeFree(1)[0], Workers = 1, Slots = options.Number("--slots", 4) };
        await using var topology = await LocalTopology.StartAsync(launch, new RunLog(log), CancellationToken.None);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(topology.RedisAddress);
        var worker = topology.Workers[0].Id!.Value;
        var client = new LoadClient(new Subject("TaskPipeline", launch.Port, EndedTasks.CountAsync, [worker]), connection.GetDatabase());

        await Console.Out.WriteLineAsync("| tasks | worker MiB | hosts and guards MiB | processes | descriptors of the worker |\n| --- | --- | --- | --- | --- |");
        await WriteAsync(0, worker);
        await client.ThroughputAsync(warm);
        await WriteAsync(warm, worker);
        for (var part = 1; part <= Parts; part++)
        {
            await client.ThroughputAsync(tasks / Parts);
            await WriteAsync(warm + (tasks / Parts * part), worker);
        }

        return 0;
    }

    private static Task WriteAsync(int tasks, int worker)
    {
        var all = ProcessTree.Sizes([worker]);
        var own = all.Single(entry => entry.Id == worker).ResidentBytes;
        var others = all.Sum(entry => entry.ResidentBytes) - own;
        var descriptors = Directory.GetFileSystemEntries($"/proc/{worker}/fd").Length;
        return Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"| {tasks} | {own / 1048576.0:0.0} | {others / 1048576.0:0.0} | {all.Count} | {descriptors} |"));
    }
}
