using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>The guide through the code in docs/architecture.md leads to what is there.</summary>
public sealed partial class ArchitecturePageTests
{
    [Fact]
    public void Page_WhereToStartReading_NamesFilesThatAreThere()
    {
        var guide = File.ReadAllText(Repository.PathOf("docs", "architecture.md")).Split("\n## Where to start reading\n")[1];
        var types = TypeName().Matches(guide).Select(match => match.Groups["name"].Value).Distinct().ToArray();
        var files = Repository.Projects.SelectMany(project => Repository.Sources(project, "*.cs")).Select(Path.GetFileNameWithoutExtension).ToHashSet();

        Assert.True(types.Length > 40, "the guide was not found");
        Assert.All(types, type => Assert.Contains(type, files));
    }

    /// <summary>In code quotes, alone, and more than one word: scripts and members are named otherwise.</summary>
    [GeneratedRegex(@"`(?<name>[A-Z][a-z]+[A-Z]\w+)`")]
    private static partial Regex TypeName();
}
