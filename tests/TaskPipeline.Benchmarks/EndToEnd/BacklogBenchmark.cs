using System.Diagnostics;
using System.Globalization;
using System.Text;
using StackExchange.Redis;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// Many pending tasks with 100 bytes of input and no worker to run them: how fast they are taken in, what each costs Redis, and whether submitting, asking
/// and listing become slower with their number.
/// </summary>
internal static class BacklogBenchmark
{
    private const int Probes = 300;
    private const int InputBytes = 100;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--tasks", "--steps", "--log");
        var tasks = options.Number("--tasks", 1_000_000);
        var steps = options.Number("--steps", 10);
        await using var log = new StreamWriter(options.Text("--log", "/dev/null"), append: true);
        var launch = new LauncherOptions
        {
            Port = Ports.TakeFree(1)[0],
            Workers = 1,
            Slots = 1,

            // So that nothing is refused for its bytes, and a worker that has gone is forgotten soon.
            Settings = new Dictionary<string, string>
            {
                ["Storage__MaxLiveBytes"] = (1L << 40).ToString(CultureInfo.InvariantCulture),
                ["Storage__WorkerSilence"] = "00:00:05",
            },
        };
        await using var topology = await LocalTopology.StartAsync(launch, new RunLog(log), CancellationToken.None);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{topology.RedisAddress},allowAdmin=true");
        var server = connection.GetServers()[0];

        // It has announced its algorithms: from now on they are known. While no worker is, no wait is predicted, and nobody refused or held back for it.
        await topology.Workers[0].StopAsync(TimeSpan.FromSeconds(30));
        await UntilNoWorkerAsync(launch.Port);

        var input = "{\"limit\":10,\"padding\":\"".PadRight(InputBytes - 2, 'x') + "\"}";
        var body = $"{{\"algorithm\":\"primes\",\"input\":{input}}}";
        var submit = HttpConnection.Post("/tasks", body);
        var before = await UsedAsync(server);
        await Console.Out.WriteLineAsync("| pending | submit/s | Redis bytes per task | submit p50 ms | query p50 ms | list p50 ms |\n| --- | --- | --- | --- | --- | --- |");
        var connections = await Task.WhenAll(Enumerable.Range(0, LoadClient.Submitters).Select(_ => HttpConnection.OpenAsync(launch.Port)));
        await SubmitAsync(connections, submit, 5_000);
        var pending = 5_000L;
        for (var step = 0; step <= steps; step++)
        {
            var rate = double.NaN;
            if (step > 0)
            {
                rate = await SubmitAsync(connections, submit, tasks / steps);
                pending += tasks / steps;
            }

            var probe = connections[0];
            var id = HttpConnection.TextOf((await probe.SendAsync(submit)).Answer, "id");
            var bytes = (await UsedAsync(server) - before) / (double)pending;
            var submitting = await ProbeAsync(probe, submit);
            var asking = await ProbeAsync(probe, HttpConnection.Get($"/tasks/{id}"));
            var listing = await ProbeAsync(probe, HttpConnection.Get("/tasks?status=pending&limit=50"));
            await Console.Out.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"| {pending} | {(double.IsNaN(rate) ? "" : rate.ToString("0", CultureInfo.InvariantCulture))} | {bytes:0} | {submitting:0.00} | {asking:0.00} | {listing:0.00} |"));
            pending += Probes + 1;
        }

        return 0;
    }

    private static async Task UntilNoWorkerAsync(int port)
    {
        using var connection = await HttpConnection.OpenAsync(port);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await connection.SendAsync(HttpConnection.Get("/lanes"))).Answer.Span.IndexOf("\"slots\":0,"u8) < 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
        }
    }

    private static async Task<double> SubmitAsync(HttpConnection[] connections, byte[] request, int count)
    {
        var left = count;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(connections.Select(async connection =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var (status, answer) = await connection.SendAsync(request);
                if (status != 202)
                {
                    throw new InvalidOperationException(Encoding.UTF8.GetString(answer.Span));
                }
            }
        }));
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> ProbeAsync(HttpConnection connection, byte[] request)
    {
        var latencies = new List<double>(Probes);
        for (var n = 0; n < Probes; n++)
        {
            var start = Stopwatch.GetTimestamp();
            await connection.SendAsync(request);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Statistics.Median(latencies);
    }

    private static async Task<long> UsedAsync(IServer server)
    {
        var memory = await server.InfoAsync("memory");
        return long.Parse(memory.SelectMany(group => group).First(entry => entry.Key == "used_memory").Value, CultureInfo.InvariantCulture);
    }
}
