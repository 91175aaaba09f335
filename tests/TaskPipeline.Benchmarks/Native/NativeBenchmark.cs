using System.Diagnostics;
using System.Globalization;
using System.Text;
using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Benchmarks.Native;

/// <summary>
/// From the worker to a warm host and back, for a task that does nearly nothing (<c>primes</c>, limit 10): over the channel alone, and with all that
/// the worker does for a run; beside a plain P/Invoke call and an echo over a pipe and over a Unix socket. All take turns within each round.
/// </summary>
internal static class NativeBenchmark
{
    private const string Algorithm = "primes";
    private const string Input = """{"limit":10}""";
    private const int Many = 16;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--rounds", "--runs");
        await RunAsync(options.Number("--rounds", 5), options.Number("--runs", 20_000));
        return 0;
    }

    private static async Task RunAsync(int rounds, int runs)
    {
        await using var worker = new WorkerParts(tasksPerHost: int.MaxValue);
        await worker.Pool.WarmAsync(Many);
        var hosts = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => worker.StartHostAsync()));
        using var pipes = EchoChildren.OverPipes(Many);
        using var sockets = EchoChildren.OverSockets(Many);

        (string Name, Func<int, Task> Call)[] subjects =
        [
            ("P/Invoke", _ => EchoChildren.CallNative()),
            ("pipe echo, 200 bytes", n => pipes.Echo(n)),
            ("socket echo, 200 bytes", n => sockets.Echo(n)),
            ("host, channel alone", n => hosts[n].Run(NewRequest)),
            ("host, whole run", _ => worker.RunAsync(Algorithm, Input)),
        ];
        var table = subjects.Select(_ => new List<(double P50, double P99, double PerSecond)>()).ToArray();
        foreach (var (_, call) in subjects)
        {
            await MeasureAsync(call, Many, runs);
        }

        for (var round = 0; round < rounds; round++)
        {
            for (var n = 0; n < subjects.Length; n++)
            {
                var one = await MeasureAsync(subjects[n].Call, inFlight: 1, runs / 4);
                var many = await MeasureAsync(subjects[n].Call, Many, runs);
                table[n].Add((Statistics.Percentile(one.Microseconds, 0.5), Statistics.Percentile(one.Microseconds, 0.99), many.PerSecond));
            }
        }

        await WriteAsync(subjects.Select(subject => subject.Name), table);
        foreach (var one in hosts)
        {
            await one.DisposeAsync();
        }
    }

    private static async Task WriteAsync(IEnumerable<string> names, List<(double P50, double P99, double PerSecond)>[] table)
    {
        await Console.Out.WriteLineAsync($"host {NativeLayout.Host}; median of {table[0].Count} rounds\n");
        await Console.Out.WriteLineAsync("| round trip | one in flight p50 / p99 µs | 16 in flight, per second |\n| --- | --- | --- |");
        foreach (var (name, rounds) in names.Zip(table))
        {
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {Statistics.Median([.. rounds.Select(round => round.P50)]):0.000} / {Statistics.Median([.. rounds.Select(round => round.P99)]):0.0} | {Statistics.Median([.. rounds.Select(round => round.PerSecond)]):0} |"));
        }
    }

    private static async Task<(IReadOnlyCollection<double> Microseconds, double PerSecond)> MeasureAsync(Func<int, Task> call, int inFlight, int runs)
    {
        var each = runs / inFlight;
        var latencies = new double[each * inFlight];
        var start = Stopwatch.GetTimestamp();

        // Each on a thread of its own: an echo blocks the one that calls it.
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(lane => Task.Factory.StartNew(
            async () =>
            {
                for (var n = 0; n < each; n++)
                {
                    var before = Stopwatch.GetTimestamp();
                    await call(lane);
                    latencies[(lane * each) + n] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
                }
            },
            TaskCreationOptions.LongRunning).Unwrap()));
        return (latencies, latencies.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static NativeHost.Protocol.RunRequest NewRequest(ulong sequence, Guid token) => new()
    {
        Sequence = sequence,
        OutputToken = token,
        LibraryPath = WorkerParts.LibraryOf(Algorithm),
        Algorithm = Algorithm,
        ScratchDirectory = "",
        Input = Encoding.UTF8.GetBytes(Input),
    };
}
