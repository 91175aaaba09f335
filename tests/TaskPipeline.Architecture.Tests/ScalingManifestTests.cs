using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>What deployment files ask for of <c>GET /lanes/scaling</c>, against what that answers.</summary>
public sealed partial class ScalingManifestTests
{
    [Theory]
    [InlineData("deploy/kubernetes/workers-scaling.yaml", 2)]
    [InlineData("TaskPipeline.AppHost/Topology/Deployment.cs", 2)]
    public void Rules_OfTheScaler_AskForMembersThatAreAnswered(string file, int rules)
    {
        var text = File.ReadAllText(Repository.PathOf(file.Split('/')));
        var asked = Locations().Matches(text).Select(match => match.Groups["name"].Value).ToArray();

        Assert.Equal(rules, asked.Length);
        Assert.All(asked, name => Assert.Contains(name, Members()));
        Assert.Contains("/lanes/scaling", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_ForIdleWorkers_AsksForMembersThatAreAnsweredAndKnowsWhatAnIdIs()
    {
        var text = File.ReadAllText(Repository.PathOf("deploy", "kubernetes", "workers-scaling.yaml"));
        var pattern = IdPattern().Match(text).Groups["pattern"].Value;

        Assert.Contains("idleWorkers", Members());
        Assert.Contains(".idleWorkers[]", text, StringComparison.Ordinal);
        Assert.Equal(Environment.MachineName, Regex.Replace(new Algorithm.WorkerIdentity().Id, pattern, "", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    private static IEnumerable<string> Members() => typeof(Api.Lanes.LaneOptions).Assembly.GetType("TaskPipeline.Api.Lanes.ScalingResponse", throwOnError: true)!
        .GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    /// <summary>In YAML <c>valueLocation: name</c>, in C# <c>ScaleRule("…", url, "name", …)</c>.</summary>
    [GeneratedRegex("""(valueLocation: |ScaleRule\("[a-z-]+", url, ")(?<name>[a-zA-Z]+)""")]
    private static partial Regex Locations();

    [GeneratedRegex("""sub\("(?<pattern>[^"]+)"; ""\)""")]
    private static partial Regex IdPattern();
}
