using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>Draws the 95th percentiles of waiting, medians over the seeds, as bars on a logarithmic scale: short tasks above, long ones below, a group for each trace.</summary>
internal static class SimChart
{
    private const double Least = 0.1;
    private const double Most = 10_000;
    private const int Left = 250;
    private const int Width = 560;
    private const int Bar = 9;

    private static readonly string[] s_colours = ["#9aa5b1", "#e0a458", "#2a7f62"];

    public static string Draw(IReadOnlyList<SimPlay> plays)
    {
        var traces = plays.Select(play => play.Trace.Name).Distinct().ToArray();
        var rowHeight = (2 * ((SimPolicy.All.Count * Bar) + 4)) + 14;
        var height = 70 + (traces.Length * rowHeight);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Width + 70}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n");
        text.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"10\" y=\"18\" font-size=\"14\">95th percentile of waiting, seconds</text>\n");
        for (var n = 0; n < SimPolicy.All.Count; n++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left + (n * 160)}\" y=\"9\" width=\"10\" height=\"10\" fill=\"{s_colours[n]}\"/><text x=\"{Left + (n * 160) + 14}\" y=\"18\">{SimPolicy.All[n].Name}</text>\n");
        }

        for (var tick = Least; tick <= Most; tick *= 10)
        {
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(tick):0}\" y1=\"34\" x2=\"{X(tick):0}\" y2=\"{height - 16}\" stroke=\"#dddddd\"/><text x=\"{X(tick):0}\" y=\"{height - 4}\" text-anchor=\"middle\">{tick:0.#}</text>\n");
        }

        var y = 44;
        foreach (var trace in traces)
        {
            text.Append(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"{y + 12}\">{trace.Replace("&", "&amp;", StringComparison.Ordinal)}</text>\n");
            y = Group(text, y, "short", plays.Where(play => play.Trace.Name == trace), one => one.ShortP95);
            y = Group(text, y, "long", plays.Where(play => play.Trace.Name == trace), one => one.LongP95) + 14;
        }

        return text.Append("</svg>\n").ToString();
    }

    private static int Group(StringBuilder text, int y, string name, IEnumerable<SimPlay> plays, Func<SimSummary, double> value)
    {
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 17}\" text-anchor=\"end\" fill=\"#555555\">{name}</text>\n");
        foreach (var play in plays)
        {
            var wait = play.Median(value);
            var colour = s_colours[SimPolicy.All.ToList().IndexOf(play.Policy)];
            text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left}\" y=\"{y}\" width=\"{Math.Max(1, X(wait) - Left):0}\" height=\"{Bar - 1}\" fill=\"{colour}\"/><text x=\"{X(wait) + 4:0}\" y=\"{y + Bar - 1}\" font-size=\"9\">{wait:0.0}</text>\n");
            y += Bar;
        }

        return y + 4;
    }

    private static double X(double seconds) =>
        Left + (Width * Math.Log(Math.Clamp(double.IsNaN(seconds) ? Least : seconds, Least, Most) / Least) / Math.Log(Most / Least));
}
