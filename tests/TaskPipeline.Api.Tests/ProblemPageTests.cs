using TaskPipeline.Api.Problems;

namespace TaskPipeline.Api.Tests;

public sealed class ProblemPageTests
{
    [Fact]
    public void Page_AgainstTheCatalogue_ListsTheSame()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "problems.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[0].Trim('`')} {cells[1]} {cells[2]}");

        Assert.Equal(ProblemType.All.Select(type => $"{type.Slug} {type.Status} {type.Title}"), rows);
    }
}
