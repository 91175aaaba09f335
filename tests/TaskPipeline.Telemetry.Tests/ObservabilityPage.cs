namespace TaskPipeline.Telemetry.Tests;

/// <summary>The tables of docs/observability.md.</summary>
internal static class ObservabilityPage
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "observability.md"));

    public static IReadOnlyList<MetricRow> Metrics { get; } = [.. Table("Metrics").Select(cells => new MetricRow(
        Code(cells[0]), Code(cells[1]), Code(cells[2]), [.. cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Code)]))];

    public static IReadOnlyList<string> Attributes { get; } = [.. Table("Attributes").Select(cells => Code(cells[0]))];

    public static IReadOnlyList<string> Spans { get; } = [.. Table("Spans").Select(cells => Code(cells[0]))];

    /// <summary>The rows below a heading, without those of the head.</summary>
    private static IEnumerable<string[]> Table(string heading) => s_text
        .Split($"\n## {heading}\n")[1].Split("\n## ")[0].Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string Code(string cell) => cell.Trim('`');
}

/// <summary>A row of the table of metrics.</summary>
internal sealed record MetricRow(string Name, string Unit, string Meter, IReadOnlyList<string> Attributes);
