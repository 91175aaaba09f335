using System.Text.Json;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Load;

namespace TaskPipeline.Chaos.Tests;

/// <summary>An audit that finds nothing proves nothing: each rule has a task that breaks it.</summary>
public sealed class TaskAuditTests
{
    private const string Completed = """{"attempt":1,"outcome":"completed","startedAt":"2026-01-01T00:00:10Z","finishedAt":"2026-01-01T00:00:11Z"}""";
    private const string Lost = """{"attempt":1,"outcome":"lost","startedAt":"2026-01-01T00:00:10Z","finishedAt":"2026-01-01T00:00:15Z"}""";

    private static readonly (DateTimeOffset, DateTimeOffset) s_outage = (DateTimeOffset.Parse("2026-01-01T00:00:12Z", null), DateTimeOffset.Parse("2026-01-01T00:00:20Z", null));

    private static readonly TaskPlan s_plan = new() { Name = "primes", Algorithm = "primes", Ends = ["completed"], IsRight = task => task.GetProperty("result").GetInt32() == 25 };

    [Fact]
    public void Check_RightAndOnce_FindsNothing() => Assert.Empty(Check(s_plan, Task("completed", attempts: [Completed])));

    [Fact]
    public void Check_LostBefore_FindsNothing() => Assert.Empty(Check(s_plan, Task("completed", attempts: [Lost, Again(Completed, 2)])));

    [Theory]
    [InlineData("has a wrong result", "completed", null, 26, Completed)]
    [InlineData("may not end so", "timed_out", "timeout", 25, Completed)]
    [InlineData("may not end so", "cancelled", null, 25)]
    [InlineData("does not end by its last attempt", "completed", null, 25, Lost)]
    [InlineData("went on after an end", "completed", null, 25, Completed, Completed)]
    [InlineData("has gaps in its attempts", "completed", null, 25, Lost, Completed)]
    [InlineData("is lost without its lost attempts", "failed", "lost", 25, Lost)]
    public void Check_ABrokenPromise_IsFound(string finding, string status, string? failure, int result, params string[] attempts) =>
        Assert.Contains(Check(s_plan, Task(status, failure, result, attempts)), found => found.Contains(finding, StringComparison.Ordinal));

    [Fact]
    public void Check_LostWhileNoWorkerWas_IsFound()
    {
        var task = Task("failed", "lost", 25, [Lost, Again(Lost, 2), Again(Lost, 3)]);

        Assert.Empty(Check(s_plan, task, s_outage));
        Assert.Single(Check(s_plan, task));
    }

    private static IEnumerable<string> Check(TaskPlan plan, JsonElement task, params (DateTimeOffset, DateTimeOffset)[] outages)
    {
        using var client = new ApiClient([], new LoadCounts(), new Findings());
        return [.. new TaskAudit(outages).Check(new TaskJourney(plan, client, new Findings()), task)];
    }

    private static JsonElement Task(string status, string? failure = null, int result = 25, string[]? attempts = null) => JsonSerializer.Deserialize<JsonElement>(
        $$"""
        {"status":"{{status}}","failure":{{(failure is null ? "null" : $"{{\"kind\":\"{failure}\"}}")}},"result":{{result}},"attempt":{{attempts?.Length ?? 0}},
         "attempts":[{{string.Join(',', attempts ?? [])}}]}
        """);

    private static string Again(string attempt, int number) => attempt.Replace("\"attempt\":1", $"\"attempt\":{number}", StringComparison.Ordinal);
}
