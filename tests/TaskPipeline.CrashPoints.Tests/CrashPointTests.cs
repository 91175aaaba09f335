using System.Net;
using System.Reflection;
using System.Text.Json;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Load;

namespace TaskPipeline.CrashPoints.Tests;

/// <summary>A process dies exactly between two steps of the protocol, for every such place: the task ends once, rightly, all the same.</summary>
public sealed class CrashPointTests(CrashPointTopology topology) : IClassFixture<CrashPointTopology>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    public static TheoryData<string> Points => [.. ServiceDefaults.CrashPoints.All];

    [Fact]
    public void Points_OfTheCode_AllHaveACase()
    {
        var named = typeof(ServiceDefaults.CrashPoints).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(named.Order(StringComparer.Ordinal), ServiceDefaults.CrashPoints.All.Order(StringComparer.Ordinal));
        Assert.Equal(named.Order(StringComparer.Ordinal), CrashCases.All.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Crash_ExactlyThere_TheTaskEndsOnceAndRightly(string point)
    {
        var (plan, outcomes) = (CrashCases.All[point].Plan, CrashCases.All[point].Outcomes);
        var journey = new TaskJourney(plan, topology.Client, topology.Findings);
        await topology.WholeAsync();
        topology.Arm(point);

        using var limit = new CancellationTokenSource(s_limit);
        await CrashCases.All[point].LiveAsync(topology, journey, () => journey.RunAsync(point, limit.Token));
        await topology.ReachedAsync(point);
        await topology.WholeAsync();

        Assert.True(journey.End is not null, $"the task did not end{Environment.NewLine}{topology.Log}");
        var task = await GetAsync(journey);
        var always = (DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        Assert.Equal(journey.End.Value.GetProperty("version").GetInt64(), task.GetProperty("version").GetInt64());
        Assert.Empty(new TaskAudit([always]).Check(journey.Plan, journey.Promises, task));
        Assert.Equal(outcomes, task.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()));
        Assert.Empty(topology.Findings.All);
    }

    private async Task<JsonElement> GetAsync(TaskJourney journey)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var answer = await topology.Client.SendAsync(new Call(HttpMethod.Get, $"/tasks/{journey.Id}", HttpStatusCode.OK), limit.Token);
        return answer!.Json;
    }
}
