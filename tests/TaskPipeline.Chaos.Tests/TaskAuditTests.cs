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

    /// <summary>When the attempt of <see cref="Completed"/> began.</summary>
    private static readonly DateTimeOffset s_started = DateTimeOffset.Parse("2026-01-01T00:00:10Z", null);

    private static readonly TaskPlan s_plan = new() { Name = "primes", Algorithm = "primes", Ends = ["completed"], IsRight = task => task.GetProperty("result").GetInt32() == 25 };

    [Fact]
    public void Check_RightAndOnce_FindsNothing() => Assert.Empty(Check(s_plan, new TaskPromises(), Task("completed", attempts: [Completed])));

    [Fact]
    public void Check_LostBefore_FindsNothing() => Assert.Empty(Check(s_plan, new TaskPromises(), Task("completed", attempts: [Lost, Again(Completed, 2)])));

    [Theory]
    [InlineData("has a wrong result", "completed", null, 26, Completed)]
    [InlineData("may not end so", "timed_out", "timeout", 25, Completed)]
    [InlineData("may not end so", "cancelled", null, 25)]
    [InlineData("does not end by its last attempt", "completed", null, 25, Lost)]
    [InlineData("went on after an end", "completed", null, 25, Completed, Completed)]
    [InlineData("has gaps in its attempts", "completed", null, 25, Lost, Completed)]
    [InlineData("is lost without its lost attempts", "failed", "lost", 25, Lost)]
    public void Check_ABrokenPromise_IsFound(string finding, string status, string? failure, int result, params string[] attempts) =>
        Assert.Contains(Check(s_plan, new TaskPromises(), Task(status, failure, result, attempts)), found => found.Contains(finding, StringComparison.Ordinal));

    [Fact]
    public void Check_AcceptedCancelWithAnotherEnd_IsFound()
    {
        var cancelled = s_plan with { CancelAfter = TimeSpan.FromSeconds(1) };
        var (accepted, refused) = (new TaskPromises { Cancelled = true }, new TaskPromises { Cancelled = false });

        AssertFound("ended otherwise after its cancel was accepted", Check(cancelled, accepted, Task("completed", attempts: [Completed])));
        AssertFound("ended cancelled after its cancel was refused", Check(cancelled, refused, Task("cancelled")));
        Assert.Empty(Check(cancelled, accepted, Task("cancelled")));
        Assert.Empty(Check(cancelled, refused, Task("completed", attempts: [Completed])));
    }

    [Fact]
    public void Check_StartedAtAnotherTimeThanPromised_IsFound()
    {
        var task = Task("completed", attempts: [Completed]);

        AssertFound("was started before notBefore", Check(s_plan, new TaskPromises { NotBefore = s_started.AddSeconds(1) }, task));
        AssertFound("was started after startBefore", Check(s_plan, new TaskPromises { StartBefore = s_started.AddSeconds(-1) }, task));
        Assert.Empty(Check(s_plan, new TaskPromises { NotBefore = s_started.AddSeconds(-1), StartBefore = s_started.AddSeconds(1) }, task));
    }

    [Fact]
    public void Check_ExpiredAfterAnAttempt_IsFound()
    {
        var expiring = s_plan with { Ends = ["failed:expired"] };

        AssertFound("does not end by its last attempt", Check(expiring, new TaskPromises(), Task("failed", "expired", attempts: [Lost])));
        Assert.Empty(Check(expiring, new TaskPromises(), Task("failed", "expired")));
    }

    [Fact]
    public void Check_LostWhileNoWorkerWas_IsFound()
    {
        var task = Task("failed", "lost", 25, [Lost, Again(Lost, 2), Again(Lost, 3)]);

        Assert.Empty(Check(s_plan, new TaskPromises(), task, s_outage));
        AssertFound("was lost while no worker was", Check(s_plan, new TaskPromises(), task));
    }

    private static void AssertFound(string finding, IEnumerable<string> findings) => Assert.Contains(finding, Assert.Single(findings), StringComparison.Ordinal);

    private static string[] Check(TaskPlan plan, TaskPromises promises, JsonElement task, params (DateTimeOffset, DateTimeOffset)[] outages) =>
        [.. new TaskAudit(outages).Check(plan, promises, task)];

    private static JsonElement Task(string status, string? failure = null, int result = 25, string[]? attempts = null) => JsonSerializer.Deserialize<JsonElement>(
        $$"""
        {"status":"{{status}}","failure":{{(failure is null ? "null" : $"{{\"kind\":\"{failure}\"}}")}},"result":{{result}},"attempt":{{attempts?.Length ?? 0}},
         "attempts":[{{string.Join(',', attempts ?? [])}}]}
        """);

    private static string Again(string attempt, int number) => attempt.Replace("\"attempt\":1", $"\"attempt\":{number}", StringComparison.Ordinal);
}
