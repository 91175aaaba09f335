namespace TaskPipeline.Integration.Tests.Http;

/// <summary>The headings and tables of docs/http-api.md.</summary>
internal static class HttpApiPage
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "http-api.md"));

    /// <summary>The calls that have a section, such as <c>GET /tasks/{id}</c>.</summary>
    public static IReadOnlyList<string> Calls { get; } =
        [.. s_text.Split('\n').Where(line => line.StartsWith("### `", StringComparison.Ordinal)).Select(line => line["### ".Length..].Trim('`'))];

    /// <summary>The first column of the table that begins with such a head, in the section with that heading; empty without one.</summary>
    public static IEnumerable<string> Column(string heading, string head) => Rows(heading, head).Select(cells => cells[0]);

    /// <summary>The same of a table of members; one whose type may be null has a question mark.</summary>
    public static IEnumerable<string> Members(string heading) =>
        Rows(heading, "member").Select(cells => cells[1].EndsWith(", null", StringComparison.Ordinal) ? $"{cells[0]}?" : cells[0]);

    private static IEnumerable<string[]> Rows(string heading, string head) => Section(heading).Split('\n')
        .SkipWhile(line => !line.StartsWith($"| {head} |", StringComparison.Ordinal))
        .TakeWhile(line => line.StartsWith('|'))
        .Skip(2)
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
        .Select(cells => (string[])[cells[0].Trim('`'), .. cells[1..]]);

    /// <summary>From the heading to the next one of any level.</summary>
    private static string Section(string heading) => s_text.Split($"# {heading}\n")[1].Split("\n##")[0];
}
