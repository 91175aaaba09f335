using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>Links within the repository lead somewhere: to a file or folder, and to a heading where they name one.</summary>
public sealed partial class PageLinkTests
{
    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_EachLink_LeadsSomewhere(string page)
    {
        var file = Repository.PathOf(page);
        foreach (var target in Link().Matches(File.ReadAllText(file)).Select(link => link.Groups["target"].Value))
        {
            var (path, heading) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
            var full = path.Length == 0 ? file : Path.GetFullPath(path, Path.GetDirectoryName(file)!);
            Assert.True(File.Exists(full) || Directory.Exists(full), $"{page}: there is no {target}");
            Assert.True(heading is null || Headings(full).Contains(heading), $"{page}: there is no heading {target}");
        }
    }

    /// <summary>The names that a heading can be linked by: lower case, spaces as hyphens, without other signs.</summary>
    private static IEnumerable<string> Headings(string file) => File.ReadLines(file)
        .Where(line => line.StartsWith('#'))
        .Select(line => Sign().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>Those with a scheme lead out of the repository.</summary>
    [GeneratedRegex(@"\]\((?![a-z]+:)(?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Sign();
}
