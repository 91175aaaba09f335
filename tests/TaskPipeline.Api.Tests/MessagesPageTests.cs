using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using StackExchange.Redis;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Tests;

/// <summary>The names of docs/messages.md against the code: keys, reports, verdicts, queues and exchanges.</summary>
public sealed partial class MessagesPageTests
{
    private static readonly TaskId s_id = TaskId.Create(DateTimeOffset.UnixEpoch);
    private static readonly string s_page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "messages.md"));

    [Fact]
    public void Page_AgainstTheKeys_ListsEachAndNoOther()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var shard = new ShardKeys(number: 0);
        var ofTheFleet = typeof(FleetKeys).GetFields(Declared).Select(field => field.GetValue(null)!.ToString()!);
        var ofTheShard = typeof(ShardKeys).GetProperties(Declared).Where(property => property.PropertyType == typeof(RedisKey)).Select(property => property.GetValue(shard)!.ToString()!);
        var made = typeof(FleetKeys).GetMethods(Declared).Concat(typeof(ShardKeys).GetMethods(Declared))
            .Where(method => !method.IsSpecialName && (method.ReturnType == typeof(RedisKey) || method.Name is nameof(ShardKeys.Changes) or nameof(ShardKeys.Replies)))
            .Select(method => Pattern(method.Invoke(method.IsStatic ? null : shard, [.. method.GetParameters().Select(Sample)])!.ToString()!));

        Assert.Equal(ofTheFleet.Concat(ofTheShard).Concat(made).Order(StringComparer.Ordinal), KeyRow().Matches(s_page).Select(row => row.Groups["key"].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Page_AgainstTheReports_ListsEachWithItsMembers()
    {
        foreach (var report in typeof(WorkerReport).GetCustomAttributes<JsonDerivedTypeAttribute>())
        {
            var row = Row($"`{report.TypeDiscriminator}`");
            string[] elsewhere = ["Worker", "TraceParent", "Message"];
            string[] shared = row.Contains("the same four", StringComparison.Ordinal) ? ["TaskId", "ClaimId", "Attempt", "Sequence"] : [];
            var members = report.DerivedType.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Except(elsewhere).Except(shared);
            Assert.All(members, member => Assert.Contains($"`{JsonNamingPolicy.CamelCase.ConvertName(member)}`", row, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Page_AgainstTheVerdicts_ListsEach() => Assert.All(
        Enum.GetValues<VerdictKind>(), kind => Assert.NotEmpty(Row($"`{JsonSerializer.SerializeToElement(kind).GetString()}`")));

    [Fact]
    public void Page_AgainstTheTopology_NamesEachWithItsArguments()
    {
        string[] names = [Topology.TasksExchange, Topology.CancellationsExchange, Topology.DeadLetter, Topology.UnreadableQueue, Topology.ReasonHeader, Topology.LaneQueue(Lane.Urgent)];
        var arguments = Topology.LaneQueueArguments().Where(argument => argument.Key != "x-queue-type").Concat(Topology.UnreadableQueueArguments());

        Assert.All(names, name => Assert.Contains($"`{name}`", s_page, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<Lane>().Skip(1), lane => Assert.Contains($"`.{Topology.LaneName(lane)}`", s_page, StringComparison.Ordinal));
        Assert.All(arguments, argument => Assert.Matches($"`{argument.Key}` `?{Regex.Escape(argument.Value!.ToString()!)}\\b", s_page));
    }

    private static string Row(string name) => s_page.Split('\n').Single(line => line.StartsWith($"| {name} |", StringComparison.Ordinal));

    /// <summary>A value that cannot be taken for anything else in a key.</summary>
    private static object Sample(ParameterInfo parameter) => parameter switch
    {
        _ when parameter.ParameterType == typeof(TaskId) => s_id,
        _ when parameter.ParameterType == typeof(Lane) => Lane.Background,
        _ when parameter.ParameterType == typeof(TaskState) => TaskState.TimedOut,
        { Name: "window" } => 770_077L,
        { Name: "octave" } => 88_088,
        { Name: "algorithm" } => "<algorithm>",
        { Name: "runClass" } => "<class>",
        { Name: "keyHash" } => "<hash>",
        { Name: "replica" } => "<replica>",
        { Name: "id" } => "<worker>",
        _ => throw new InvalidOperationException($"No sample for {parameter.Name} of {parameter.Member.Name}"),
    };

    private static string Pattern(string key) => key.Replace(s_id.ToString(), "<id>", StringComparison.Ordinal)
        .Replace("background", "<lane>", StringComparison.Ordinal).Replace("timed_out", "<status>", StringComparison.Ordinal)
        .Replace("770077", "<window>", StringComparison.Ordinal).Replace("88088", "<octave>", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| `(?<key>tp:\{0\}:[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex KeyRow();
}
