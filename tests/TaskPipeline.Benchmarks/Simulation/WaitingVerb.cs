using System.Globalization;
using TaskPipeline.Benchmarks.Pipeline;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>
/// The verbs about waiting. <c>simulate</c> plays every trace against every policy (<c>--only TEXT</c> those whose name contains it, <c>--scale 0.1</c> a tenth of
/// the tasks, <c>--seeds 5</c> times), <c>mix</c> runs the mix on the real pipeline, <c>waiting</c> does both. With <c>--write FOLDER</c> the tables go into <c>bounded-waiting.md</c> of that
/// folder, and the picture beside it.
/// </summary>
internal static class WaitingVerb
{
    private const string Page = "bounded-waiting.md";

    public static async Task<int> BothAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--scale", "--seeds", "--only", "--write", "--minutes", "--rounds", "--log");
        await SimulateAsync(options);
        await MixAsync(options);
        return 0;
    }

    public static async Task<int> SimulateAsync(string[] arguments)
    {
        await SimulateAsync(new Arguments(arguments, "--scale", "--seeds", "--only", "--write"));
        return 0;
    }

    public static async Task<int> MixAsync(string[] arguments)
    {
        await MixAsync(new Arguments(arguments, "--write", "--minutes", "--rounds", "--log"));
        return 0;
    }

    private static async Task SimulateAsync(Arguments options)
    {
        var scale = double.Parse(options.Text("--scale", "1"), CultureInfo.InvariantCulture);
        var plays = new List<SimPlay>();
        foreach (var (trace, count) in SimTraces.All(scale).Where(pair => pair.Trace.Name.Contains(options.Text("--only", ""), StringComparison.Ordinal)))
        {
            foreach (var policy in SimPolicy.All)
            {
                var started = TimeProvider.System.GetTimestamp();
                var seeds = Enumerable.Range(1, options.Number("--seeds", 5)).Select(seed => new SimSummary(Simulator.Play(trace, policy, seed, count)));
                plays.Add(new SimPlay(trace, policy, [.. seeds]));
                await Console.Error.WriteLineAsync($"{trace.Name}, {policy.Name}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
            }
        }

        var table = SimTable.Write(plays);
        await Console.Out.WriteLineAsync(table);
        if (options.Text("--write", "") is { Length: > 0 } folder)
        {
            await MarkedPage.WriteAsync(Path.Combine(folder, Page), "simulate", table);
            await File.WriteAllTextAsync(Path.Combine(folder, "bounded-waiting.svg"), SimChart.Draw(plays));
        }
    }

    private static async Task MixAsync(Arguments options)
    {
        var table = await PipelineMix.RunAsync(options.Number("--minutes", 1), options.Number("--rounds", 3), options.Text("--log", "/dev/null"));
        await Console.Out.WriteLineAsync(table);
        if (options.Text("--write", "") is { Length: > 0 } folder)
        {
            await MarkedPage.WriteAsync(Path.Combine(folder, Page), "mix", table);
        }
    }
}
