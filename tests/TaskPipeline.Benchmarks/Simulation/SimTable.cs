using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>The table in Markdown, and the promises with what came out.</summary>
internal static class SimTable
{
    public static string Write(IReadOnlyList<SimPlay> plays)
    {
        var text = new StringBuilder();
        text.Append("| trace | policy | short p50 | short p95 | short p99 | long p50 | long p95 | long line by quarter | demoted | refused | reserve | in told time |\n");
        text.Append("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |\n");
        foreach (var play in plays)
        {
            var result = play.Result;
            var line = string.Join(", ", result.LongLine.Select(length => Number(length, "0.0")));
            var reserve = play.Policy.Bounded ? Number(result.Reserve, "0.00") : "";
            var inTime = result.Told > 0 ? Number(100.0 * result.InTime / result.Told, "0.0") + " %" : "";
            text.Append(CultureInfo.InvariantCulture, $"| {play.Trace.Name} | {play.Policy.Name} | {Seconds(result.Short, 0.5)} | {Seconds(result.Short, 0.95)} | {Seconds(result.Short, 0.99)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Seconds(result.Long, 0.5)} | {Seconds(result.Long, 0.95)} | {line} | {result.Demoted} | {result.Refused} | {reserve} | {inTime} |\n");
        }

        text.Append("\nWaits in seconds, of tasks by what they are and not by what they were taken for.\n");
        Promises(text, plays);
        return text.ToString();
    }

    private static void Promises(StringBuilder text, IReadOnlyList<SimPlay> plays)
    {
        SimResult? Of(string trace, SimPolicy policy) => plays.FirstOrDefault(play => play.Trace.Name == trace && play.Policy == policy)?.Result;
        text.Append("\n| must reach | reached | |\n| --- | ---: | --- |\n");
        if (Of(SimTraces.TheMix, SimPolicy.FirstComeFirstServed) is { } first && Of(SimTraces.TheMix, SimPolicy.Ours) is { } ours)
        {
            var (share, wait) = (Quantile(ours.Short) / Quantile(first.Short), Quantile(ours.Short));
            Row(text, "mix: short p95 at most 5 % of first come first served", $"{100 * share:0.0} %", share <= 0.05);
            Row(text, "mix: short p95 at most 8 s", $"{wait:0.0} s", wait <= 8);
            var times = Quantile(ours.Long) / Quantile(first.Long);
            Row(text, "mix: long p95 at most 1.6 times first come first served", $"{times:0.00}", times <= 1.6);
        }

        if (Of("mix, load 0.95", SimPolicy.Ours) is { } loaded)
        {
            var growth = loaded.LongLine[3] / Math.Max(1, loaded.LongLine[1]);
            Row(text, "load 0.95: no line grows without end (last quarter by second, at most 2)", $"{growth:0.00}", growth <= 2);
        }

        foreach (var name in new[] { "mix, 10 % of long taken for short", "mix, 10 % of all misjudged" })
        {
            if (Of(name, SimPolicy.Ours) is { } misjudged)
            {
                Row(text, $"{name}: short p95 at most 12 s", $"{Quantile(misjudged.Short):0.0} s", Quantile(misjudged.Short) <= 12);
                Row(text, $"{name}: of the short that were taken for short", $"{Quantile(misjudged.ShortAsShort):0.0} s", Quantile(misjudged.ShortAsShort) <= 12);
            }
        }

        if (Of("one greedy client", SimPolicy.Ours) is { } greedy && Of("one greedy client", SimPolicy.StrictPriority) is { } crowded)
        {
            Row(text, "one greedy client: short p95 of the others (short first: " + FormattableString.Invariant($"{Quantile(crowded.Modest):0.0} s)"), $"{Quantile(greedy.Modest):0.0} s", Quantile(greedy.Modest) < Quantile(crowded.Modest));
        }
    }

    private static void Row(StringBuilder text, string promise, FormattableString reached, bool holds) =>
        text.Append(CultureInfo.InvariantCulture, $"| {promise} | {FormattableString.Invariant(reached)} | {(holds ? "yes" : "**no**")} |\n");

    private static double Quantile(List<float> waits) => SimResult.Quantile(waits, 0.95);

    private static string Seconds(List<float> waits, double quantile) => Number(SimResult.Quantile(waits, quantile), "0.0");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
