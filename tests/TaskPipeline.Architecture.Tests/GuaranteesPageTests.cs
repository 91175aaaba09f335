using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>docs/guarantees.md against the sources of the tests: a promise whose proof is gone must not stay a promise.</summary>
public sealed partial class GuaranteesPageTests
{
    private static readonly string s_page = File.ReadAllText(Repository.PathOf("docs", "guarantees.md"));

    [Fact]
    public void Page_EveryTestThatItNames_IsThere()
    {
        var tests = Repository.Sources("tests", "*Tests.cs").SelectMany(TestsOf).ToHashSet();

        Assert.Empty(NamesIn(s_page).Except(tests));
    }

    [Fact]
    public void Page_EachPromise_NamesItsProof()
    {
        var promises = s_page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal)
            && !line.StartsWith("| promise |", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(promises);
        Assert.All(promises, promise => Assert.NotEmpty(NamesIn(promise.Trim('|').Split('|')[^1])));
    }

    private static IEnumerable<string> NamesIn(string text) => TestName().Matches(text).Select(name => name.Groups[1].Value);

    private static IEnumerable<string> TestsOf(string file)
    {
        var type = "";
        foreach (Match found in Declaration().Matches(File.ReadAllText(file)))
        {
            if (found.Groups["type"].Success)
            {
                type = found.Groups["type"].Value;
            }
            else
            {
                yield return $"{type}.{found.Groups["method"].Value}";
            }
        }
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex TestName();

    /// <summary>A class, or a method that its attributes make a test.</summary>
    [GeneratedRegex(@"^public [\w ]*class (?<type>\w+)|\[(?:Fact|Theory)\b[^\n]*\n(?:\s+\[[^\n]*\n)*\s+public (?:async )?(?:Task|void) (?<method>\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
