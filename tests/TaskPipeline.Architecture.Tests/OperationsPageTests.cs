using System.Reflection;

namespace TaskPipeline.Architecture.Tests;

/// <summary>The tables of docs/operations.md against the classes that configuration is bound to.</summary>
public sealed class OperationsPageTests
{
    private static readonly string s_page = File.ReadAllText(Repository.PathOf("docs", "operations.md"));

    public static TheoryData<string> Processes => ["API", "Worker", "Clients of both"];

    [Theory]
    [MemberData(nameof(Processes))]
    public void Page_OfEachProcess_ListsItsOptionsAndNoOther(string heading)
    {
        var (bound, rows) = (Bound(heading), Rows(heading));
        if (bound.Count == 0)
        {
            // Aspire's own clients have taken the place of ours.
            return;
        }

        var (missing, unknown) = (bound.Keys.Except(rows.Keys).ToArray(), rows.Keys.Except(bound.Keys).ToArray());
        Assert.True(missing.Length + unknown.Length == 0, $"docs/operations.md, {heading}: missing are {string.Join(", ", missing)}; there is no {string.Join(", ", unknown)}");
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public void Page_OfEachOption_HasItsDefaultAndRange(string heading)
    {
        var rows = Rows(heading);
        foreach (var (name, option) in Bound(heading).Where(bound => rows.ContainsKey(bound.Key)))
        {
            var row = rows[name];
            Assert.True(option.Default is null ? row.Default.Length > 0 && row.Default[0] != '`' : option.Default == row.Default, $"{name}: its default is {option.Default ?? "made at start"}, the page says {row.Default}");
            Assert.True(option.Range is null || option.Range == row.Range, $"{name}: its range is {option.Range}, the page says {row.Range}");
        }
    }

    private static Dictionary<string, BoundOption> Bound(string heading) => (heading switch
    {
        "API" => BoundOption.Of(typeof(Api.Tasks.TaskOptions).Assembly),
        "Worker" => BoundOption.Of(typeof(Algorithm.WorkerOptions).Assembly),
        _ => Clients(typeof(Microsoft.Extensions.Hosting.Extensions).Assembly),
    }).ToDictionary(option => option.Name);

    /// <summary>By name: with Aspire's packages they are not there.</summary>
    private static IEnumerable<BoundOption> Clients(Assembly assembly) =>
        from client in new[] { (Type: "RabbitMQClientSettings", Section: "Aspire:RabbitMQ:Client"), (Type: "StackExchangeRedisSettings", Section: "Aspire:StackExchange:Redis") }
        let type = assembly.GetType($"Microsoft.Extensions.Hosting.{client.Type}")
        where type is not null
        from option in BoundOption.Of(client.Section, Activator.CreateInstance(type)!)
        select option;

    private static Dictionary<string, (string Default, string Range)> Rows(string heading) => s_page
        .Split($"\n### {heading}\n")[1].Split("\n##")[0].Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[0].Trim('`'), cells => (cells[1], cells[2]));
}
