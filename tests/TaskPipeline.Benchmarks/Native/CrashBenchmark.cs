using System.Diagnostics;
using System.Globalization;
using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Benchmarks.Native;

/// <summary>
/// What a crash costs the task after it, in one slot: from handing over the task that crashes until its slot is free, then until the next task has its
/// result, with a spare host and without; beside a fresh process for every task and the bare start of a host.
/// </summary>
internal static class CrashBenchmark
{
    private const string Good = "primes";
    private const string Input = """{"limit":10}""";
    private const string Crash = "fault.segfault";

    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var rounds = new Arguments(arguments, "--rounds").Number("--rounds", 200);
        await using var spare = new WorkerParts(tasksPerHost: int.MaxValue);
        await using var single = new WorkerParts(tasksPerHost: int.MaxValue);
        await using var fresh = new WorkerParts(tasksPerHost: 1);
        await Task.WhenAll(spare.Pool.WarmAsync(2), single.Pool.WarmAsync(1), fresh.Pool.WarmAsync(2));
        var table = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);
        for (var round = -10; round < rounds; round++)
        {
            (string With, WorkerParts Worker)[] workers = [("with a spare host", spare), ("without", single)];
            foreach (var (with, worker) in workers)
            {
                await Task.Delay(s_settle);
                var freed = await TakeAsync(() => worker.RunAsync(Crash, "{}"), Crashed);
                var next = await TakeAsync(() => worker.RunAsync(Good, Input), Completed);
                Note($"a crash, until its slot is free, {with}", freed);
                Note($"the next task in that slot, {with}", next);
                Note($"both, {with}", freed + next);
            }

            Note("a task in a fresh host", await TakeAsync(() => fresh.RunAsync(Good, Input), Completed));
            NativeHostProcess? host = null;
            Note("start of a host", await TakeAsync(async () => host = await spare.StartHostAsync(), _ => true));
            await host!.DisposeAsync();

            // The first rounds warm up.
            void Note(string subject, double milliseconds)
            {
                if (round >= 0)
                {
                    (table.TryGetValue(subject, out var all) ? all : table[subject] = []).Add(milliseconds);
                }
            }
        }

        await Console.Out.WriteLineAsync($"host {NativeLayout.Host}; {rounds} rounds\n\n| | p50 ms | p99 ms | most ms |\n| --- | --- | --- | --- |");
        foreach (var (subject, all) in table)
        {
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"| {subject} | {Statistics.Median(all):0.00} | {Statistics.Percentile(all, 0.99):0.00} | {all.Max():0.00} |"));
        }

        return 0;
    }

    private static async Task<double> TakeAsync<T>(Func<Task<T>> call, Predicate<T> isRight)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await call();
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return isRight(result) ? took : throw new InvalidOperationException($"not what was to be measured: {result}");
    }

    private static bool Crashed(AttemptEnd end) => end.Exit?.Signal == 11;

    private static bool Completed(AttemptEnd end) => end.Reply?.Result is not null;
}
