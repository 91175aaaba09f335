using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>docs/observability.md against what the code names, whether or not a run has used it; what is received is compared by the tests of telemetry.</summary>
public sealed partial class ObservabilityPageTests
{
    private static readonly string s_page = File.ReadAllText(Repository.PathOf("docs", "observability.md"));

    [Fact]
    public void Page_AgainstTheCode_ListsEveryInstrumentAndNoOther()
    {
        var created = from project in Repository.Projects
                      from file in Repository.Sources(project, "*.cs")
                      from Match call in Instrument().Matches(File.ReadAllText(file))
                      select call.Groups["name"].Value;
        var listed = MetricRow().Matches(s_page).Select(row => row.Groups["name"].Value);

        Assert.Equal(created.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Page_AgainstTheCode_NamesEverySourceAndMeter()
    {
        var statics = new[] { typeof(Api.Tasks.TaskOptions).Assembly, typeof(Algorithm.WorkerOptions).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .ToArray();
        var sources = statics.Where(field => field.FieldType == typeof(ActivitySource)).Select(field => ((ActivitySource)field.GetValue(null)!).Name);
        var meters = statics.Where(field => field is { IsLiteral: true, Name: "MeterName" }).Select(field => (string)field.GetRawConstantValue()!);
        var names = sources.Concat(meters).Distinct().ToArray();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", s_page, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\.Create(Counter|UpDownCounter|Histogram|Gauge|Observable\w+)(<\w+>)?\(\s*""(?<name>[^""]+)""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"^\| `(?<name>taskpipeline\.[^`]+)` \| `[^`]+` \| `TaskPipeline\.", RegexOptions.Multiline)]
    private static partial Regex MetricRow();
}
