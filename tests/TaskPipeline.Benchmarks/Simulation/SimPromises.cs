using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>What must be reached, with what came out; a promise holds when it does with every seed.</summary>
internal static class SimPromises
{
    public static string Write(IReadOnlyList<SimPlay> plays)
    {
        var text = new StringBuilder("| must reach | reached: median, worst | |\n| --- | ---: | --- |\n");
        SimPlay? Of(string trace, SimPolicy policy) => plays.FirstOrDefault(play => play.Trace.Name == trace && play.Policy == policy);
        if (Of(SimTraces.TheMix, SimPolicy.FirstComeFirstServed) is { } first && Of(SimTraces.TheMix, SimPolicy.Ours) is { } ours)
        {
            Row(text, "mix: short p95 at most 5 % of first come first served", [.. Pairs(ours, first).Select(pair => 100 * pair.One.ShortP95 / pair.Other.ShortP95)], " %", 5);
            Row(text, "mix: short p95 at most 8 s", [.. ours.Seeds.Select(one => one.ShortP95)], " s", 8);
            Row(text, "mix: long p95 at most 1.6 times first come first served", [.. Pairs(ours, first).Select(pair => pair.One.LongP95 / pair.Other.LongP95)], "", 1.6, "0.00");
        }

        if (Of(SimTraces.Loaded, SimPolicy.Ours) is { } loaded)
        {
            Row(text, "load 0.95: no line grows without end (last quarter by second, at most 2)", [.. loaded.Seeds.Select(one => one.LongLine[3] / Math.Max(1, one.LongLine[1]))], "", 2, "0.00");
        }

        foreach (var name in new[] { SimTraces.LongAsShort, SimTraces.Misjudged })
        {
            if (Of(name, SimPolicy.Ours) is { } misjudged)
            {
                Row(text, $"{name}: short p95 at most 12 s", [.. misjudged.Seeds.Select(one => one.ShortP95)], " s", 12);
                Row(text, $"{name}: of the short that were taken for short", [.. misjudged.Seeds.Select(one => one.ShortAsShortP95)], " s", 12);
            }
        }

        if (Of(SimTraces.OneGreedy, SimPolicy.Ours) is { } greedy && Of(SimTraces.OneGreedy, SimPolicy.StrictPriority) is { } crowded)
        {
            Row(text, "one greedy client: short p95 of the others, at most a quarter of that with short first", [.. Pairs(greedy, crowded).Select(pair => 100 * pair.One.ModestP95 / pair.Other.ModestP95)], " %", 25);
        }

        return text.ToString();
    }

    private static IEnumerable<(SimSummary One, SimSummary Other)> Pairs(SimPlay one, SimPlay other) => one.Seeds.Zip(other.Seeds);

    private static void Row(StringBuilder text, string promise, double[] reached, string unit, double most, string format = "0.0")
    {
        var median = Statistics.Median(reached).ToString(format, CultureInfo.InvariantCulture);
        var worst = reached.Max().ToString(format, CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"| {promise} | {median}{unit}, {worst}{unit} | {(reached.Max() <= most ? "yes" : "**no**")} |\n");
    }
}
