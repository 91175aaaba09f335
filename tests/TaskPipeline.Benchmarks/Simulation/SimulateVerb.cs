using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>
/// The verb <c>simulate</c>: plays every trace against every policy, prints the table, and with <c>--write FOLDER</c> puts it and the pictures into
/// <c>bounded-waiting.md</c> of that folder. <c>--only TEXT</c> plays the traces whose name contains it, <c>--scale 0.1</c> a tenth of the tasks.
/// </summary>
internal static class SimulateVerb
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var (scale, only, folder, seed) = (1.0, "", (string?)null, 1);
        for (var n = 0; n + 1 < arguments.Length; n += 2)
        {
            switch (arguments[n])
            {
                case "--scale":
                    scale = double.Parse(arguments[n + 1], CultureInfo.InvariantCulture);
                    break;
                case "--only":
                    only = arguments[n + 1];
                    break;
                case "--write":
                    folder = arguments[n + 1];
                    break;
                case "--seed":
                    seed = int.Parse(arguments[n + 1], CultureInfo.InvariantCulture);
                    break;
                default:
                    await Console.Error.WriteLineAsync("Usage: simulate [--scale N] [--only TEXT] [--seed N] [--write FOLDER]");
                    return 2;
            }
        }

        var plays = new List<SimPlay>();
        foreach (var (trace, count) in SimTraces.All(scale).Where(pair => pair.Trace.Name.Contains(only, StringComparison.Ordinal)))
        {
            foreach (var policy in SimPolicy.All)
            {
                var started = TimeProvider.System.GetTimestamp();
                var result = Simulator.Play(trace, policy, seed, count);
                plays.Add(new SimPlay(trace, policy, result));
                await Console.Error.WriteLineAsync($"{trace.Name}, {policy.Name}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
            }
        }

        var table = SimTable.Write(plays);
        await Console.Out.WriteLineAsync(table);
        if (folder is not null)
        {
            await WriteAsync(folder, table, plays);
        }

        return 0;
    }

    private static async Task WriteAsync(string folder, string table, IReadOnlyList<SimPlay> plays)
    {
        const string Begin = "<!-- simulate -->";
        const string End = "<!-- /simulate -->";
        var path = Path.Combine(folder, "bounded-waiting.md");
        var page = await File.ReadAllTextAsync(path);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"{path} lacks the lines {Begin} and {End}");
        }

        await File.WriteAllTextAsync(path, $"{page[..begin]}{Begin}\n\n{table}\n{page[end..]}", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        await File.WriteAllTextAsync(Path.Combine(folder, "bounded-waiting.svg"), SimChart.Draw(plays));
    }
}
