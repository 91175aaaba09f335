using System.Globalization;
using System.Text;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Faults;
using TaskPipeline.Chaos.Load;

namespace TaskPipeline.Chaos;

/// <summary>What came of a run.</summary>
/// <param name="Options">What it was to be.</param>
/// <param name="Journeys">All tasks.</param>
/// <param name="Counts">What their clients met.</param>
/// <param name="FaultsDone">How many faults were done.</param>
/// <param name="Recoveries">How the application came back from them.</param>
/// <param name="Findings">What was not as promised.</param>
internal sealed record ChaosReport(
    ChaosOptions Options, IReadOnlyCollection<TaskJourney> Journeys, LoadCounts Counts, int FaultsDone, IReadOnlyList<Recovery> Recoveries, IReadOnlyList<string> Findings)
{
    private const int FindingsShown = 50;

    public bool IsClean => Findings.Count == 0;

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        var accepted = Journeys.Where(journey => journey.Id is not null).ToArray();
        Line($"seed {Options.Seed}, {Options.Duration.TotalSeconds:0} s of load");
        Line($"tasks: {Journeys.Count} submitted, {accepted.Length} accepted, {accepted.Count(journey => journey.End is not null)} ended");
        foreach (var end in accepted.GroupBy(journey => journey.End is { } task ? TaskAudit.EndOf(task) : "not ended").OrderByDescending(end => end.Count()))
        {
            Line($"  {end.Count(),6} {end.Key}");
        }

        Line($"attempts: {accepted.Sum(journey => journey.End?.GetProperty("attempt").GetInt32() ?? 0)}, {accepted.Sum(CountLost)} of them lost with their worker");
        Line($"clients: {Counts}");
        Line($"faults: {FaultsDone}, recovered from {Recoveries.Count}");
        foreach (var kind in Recoveries.GroupBy(recovery => recovery.Fault.Kind).OrderBy(kind => kind.Key))
        {
            Line($"  {kind.Count(),6} {kind.Key}, longest recovery {kind.Max(recovery => recovery.Longest).TotalSeconds:0.0} s");
        }

        if (Recoveries.MaxBy(recovery => recovery.Longest) is { } longest)
        {
            Line($"longest recovery: {longest}");
        }

        Line($"findings: {Findings.Count}");
        foreach (var finding in Findings.Take(FindingsShown))
        {
            Line($"  {finding}");
        }

        if (!IsClean)
        {
            Line($"again: {Options.Replay}");
        }

        return text.ToString();
    }

    private static int CountLost(TaskJourney journey) =>
        journey.End?.GetProperty("attempts").EnumerateArray().Count(attempt => attempt.GetProperty("outcome").GetString() == "lost") ?? 0;
}
