using StackExchange.Redis;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Benchmarks.EndToEnd.Bare;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// Throughput, latency, processor time and memory of the real processes, beside raw RabbitMQ and the bare loop. All three take
/// turns within each round, so that what else the machine does meets all of them; the table shows medians over the rounds.
/// </summary>
internal static class EndToEndBenchmark
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--rounds", "--tasks", "--warm", "--latencies", "--seconds", "--layouts", "--log", "--set", "--only", "--rates");
        await Console.Out.WriteLineAsync($"{Environment.ProcessorCount} cores, {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {string.Join(' ', arguments)}");
        foreach (var layout in options.Text("--layouts", "2x8,1x16").Split(','))
        {
            var numbers = layout.Split('x').Select(int.Parse).ToArray();
            await RunLayoutAsync(numbers[0], numbers[1], options);
        }

        return 0;
    }

    private static async Task RunLayoutAsync(int workers, int slots, Arguments options)
    {
        await using var log = new StreamWriter(options.Text("--log", "/dev/null"), append: true);
        var launch = new LauncherOptions
        {
            Port = Ports.TakeFree(1)[0],
            Workers = workers,
            Slots = slots,
            Settings = Settings(options),
        };
        await using var topology = await LocalTopology.StartAsync(launch, new RunLog(log), CancellationToken.None);
        await using var bare = await BareLoop.StartAsync(topology, workers, slots);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{topology.RedisAddress},allowAdmin=true");
        var redis = connection.GetDatabase();
        int[] servers = [topology.RabbitMq.Id!.Value, topology.Redis.Id!.Value, topology.Epmd.Id!.Value];
        var pipeline = new Subject(
            "TaskPipeline",
            launch.Port,
            EndedTasks.CountAsync,
            [.. servers, .. topology.Apis.Concat(topology.Workers).Select(process => process.Id!.Value)]);
        var loop = new Subject("bare loop", bare.Port, async db => (long)await db.StringGetAsync(BareApi.Ended), [.. servers, .. bare.Ids]);

        var table = new EndToEndTable($"{workers} x {slots}");
        using var memory = new MemoryWatch(pipeline.Roots);
        var raw = new RawRabbit(topology.RabbitMqUri);
        var clients = new[] { new LoadClient(loop, redis), new LoadClient(pipeline, redis) };
        var tasks = options.Number("--tasks", 20_000);
        if (options.Text("--only", "") == "pipeline")
        {
            await ProfileAsync(clients[1], redis, options);
            return;
        }

        if (options.Number("--warm", 40_000) is > 0 and var warm)
        {
            await raw.MeasureAsync(warm / 2);
            foreach (var client in clients)
            {
                await client.ThroughputAsync(warm);
                await client.UnloadedAsync(Math.Min(warm, 2000));
            }
        }

        for (var round = 0; round < options.Number("--rounds", 5); round++)
        {
            table.Raw.Add(await raw.MeasureAsync(tasks));
            foreach (var (client, subject) in clients.Zip([table.Bare, table.Pipeline]))
            {
                var throughput = await client.ThroughputAsync(tasks);
                subject.Throughputs.Add(throughput);
                subject.Unloaded.Add(await client.UnloadedAsync(options.Number("--latencies", 1000)));
                subject.HalfLoad.Add((await client.PacedAsync(throughput.PerSecond / 2, TimeSpan.FromSeconds(options.Number("--seconds", 3)))).Latencies);
            }

            await Console.Error.WriteLineAsync(table.LastRound());
        }

        table.PeakBytes = memory.Peak;
        await Console.Out.WriteLineAsync(table.ToString());
    }

    /// <summary>TaskPipeline alone, to watch with a profiler: <c>--only pipeline</c>; at these even rates besides: <c>--rates 300,600</c>.</summary>
    private static async Task ProfileAsync(LoadClient client, IDatabase redis, Arguments options)
    {
        var duration = TimeSpan.FromSeconds(options.Number("--seconds", 3));
        for (var round = 0; round < options.Number("--rounds", 5); round++)
        {
            var result = await client.ThroughputAsync(options.Number("--tasks", 20_000));
            var latencies = await client.UnloadedAsync(options.Number("--latencies", 1000));
            var stages = await client.StagesAsync(options.Number("--latencies", 1000));
            var paced = await client.PacedAsync(result.PerSecond / 2, duration);
            var medians = string.Join(", ", Enumerable.Range(0, 4).Select(n => $"{Statistics.Median([.. stages.Select(one => one[n])]):0.00}"));
            await Console.Out.WriteLineAsync(
                $"{result.PerSecond:0}/s, accepted {result.SubmittedPerSecond:0}/s, CPU s per 1,000 {Cpu(result.CpuByName)}, unloaded {SubjectNumbers.Both(latencies)} ms, half load {SubjectNumbers.Both(paced.Latencies)} ms");
            await Console.Out.WriteLineAsync(
                $"  unloaded to creation, claim, end, answer {medians} ms; Redis has rewritten its file for {await ChildSecondsAsync(redis):0.00} s");
            foreach (var rate in options.Text("--rates", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse))
            {
                var even = await client.PacedAsync(rate, duration);
                await Console.Out.WriteLineAsync($"  at {rate}/s {SubjectNumbers.Both(even.Latencies)} ms, CPU s per 1,000 {Cpu(even.CpuByName)}");
            }
        }
    }

    /// <summary>The sum, and what each program has of it.</summary>
    private static string Cpu(IReadOnlyDictionary<string, double> byName) =>
        $"{byName.Values.Sum():0.000} ({string.Join(", ", byName.Where(entry => entry.Value >= 0.001).OrderByDescending(entry => entry.Value).Select(entry => $"{entry.Key} {entry.Value:0.000}"))})";

    /// <summary>Processor seconds of the processes in which Redis has rewritten its file.</summary>
    private static async Task<double> ChildSecondsAsync(IDatabase redis)
    {
        var info = (await redis.Multiplexer.GetServers()[0].InfoAsync("cpu")).SelectMany(section => section);
        return info.Where(entry => entry.Key.EndsWith("_children", StringComparison.Ordinal)).Sum(entry => double.Parse(entry.Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Environment variables of API and workers: <c>--set NAME=VALUE,NAME=VALUE</c>.</summary>
    private static Dictionary<string, string> Settings(Arguments options)
    {
        var settings = new Dictionary<string, string>();
        foreach (var pair in options.Text("--set", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var sign = pair.IndexOf('=', StringComparison.Ordinal);
            settings[pair[..sign]] = pair[(sign + 1)..];
        }

        return settings;
    }
}
