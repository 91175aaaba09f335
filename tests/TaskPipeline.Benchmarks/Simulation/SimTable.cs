using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>The table in Markdown: medians over the seeds, for the quantiles of the promises with the least and the most.</summary>
internal static class SimTable
{
    public static string Write(IReadOnlyList<SimPlay> plays)
    {
        var text = new StringBuilder();
        text.Append("| trace | policy | short p50 | short p95 | short p99 | long p50 | long p95 | long line by quarter | demoted | refused | reserve | in told time |\n");
        text.Append("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |\n");
        foreach (var play in plays)
        {
            var line = string.Join(", ", Enumerable.Range(0, 4).Select(quarter => Number(play.Median(one => one.LongLine[quarter]), "0.0")));
            var reserve = play.Policy.Bounded ? Number(play.Median(one => one.Reserve), "0.00") : "";
            var inTime = play.Seeds.All(one => one.InTime is not null) ? Number(100 * play.Seeds.Min(one => one.InTime!.Value), "0.0") + " %" : "";
            text.Append(CultureInfo.InvariantCulture, $"| {play.Trace.Name} | {play.Policy.Name} | {Seconds(play, one => one.ShortP50)} | {Range(play, one => one.ShortP95)} | {Seconds(play, one => one.ShortP99)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Seconds(play, one => one.LongP50)} | {Range(play, one => one.LongP95)} | {line} ");
            text.Append(CultureInfo.InvariantCulture, $"| {play.Median(one => one.Demoted):0} | {play.Median(one => one.Refused):0} | {reserve} | {inTime} |\n");
        }

        var seeds = plays.Max(play => play.Seeds.Count);
        text.Append(CultureInfo.InvariantCulture, $"\nWaits in seconds, of tasks by what they are and not by what they were taken for: medians over {seeds} seeds, in brackets the least and the most; in told time is the least.\n\n");
        text.Append(SimPromises.Write(plays));
        return text.ToString();
    }

    private static string Seconds(SimPlay play, Func<SimSummary, double> value) => Number(play.Median(value), "0.0");

    private static string Range(SimPlay play, Func<SimSummary, double> value) =>
        $"{Seconds(play, value)} ({Number(play.Seeds.Min(value), "0.0")}–{Number(play.Seeds.Max(value), "0.0")})";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
