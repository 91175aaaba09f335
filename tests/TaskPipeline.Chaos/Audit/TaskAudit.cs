using System.Text.Json;
using TaskPipeline.Api.State;
using TaskPipeline.Chaos.Load;

namespace TaskPipeline.Chaos.Audit;

/// <summary>Whether a task that has ended did so as promised: rightly, once, and by one outcome.</summary>
/// <param name="workerOutages">When attempts may have been lost: while a worker was dead or frozen.</param>
internal sealed class TaskAudit(IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> workerOutages)
{
    private const string Lost = "failed:lost";
    private const string Cancelled = "cancelled";

    private static readonly int s_maxLost = new LifecycleOptions().MaxLostAttempts;

    public static bool IsTerminal(JsonElement task) => Text(task, "status") is not ("pending" or "processing");

    /// <summary>The status, with the kind of a failure behind a colon.</summary>
    public static string EndOf(JsonElement task) =>
        task.GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure ? $"{Text(task, "status")}:{Text(failure, "kind")}" : Text(task, "status")!;

    /// <summary>What is wrong with the end of a task; empty when nothing is.</summary>
    public IEnumerable<string> Check(TaskPlan plan, TaskPromises promises, JsonElement task)
    {
        var end = EndOf(task);
        var attempts = task.GetProperty("attempts").EnumerateArray().ToArray();
        var outcomes = attempts.Select(attempt => Text(attempt, "outcome")).ToArray();
        string?[] wrong =
        [
            If(!IsLegal(plan, end), "may not end so"),
            If(promises.Cancelled == true && end != Cancelled, "ended otherwise after its cancel was accepted"),
            If(promises.Cancelled == false && end == Cancelled, "ended cancelled after its cancel was refused"),
            If(end == "completed" && !plan.IsRight(task), "has a wrong result"),
            If(!IsLastOutcome(end, outcomes), "does not end by its last attempt"),
            If(outcomes.Take(outcomes.Length - 1).Any(outcome => outcome is null or "completed" or "timed_out" or Cancelled), "went on after an end"),
            If(end == Lost && outcomes.Count(outcome => outcome == "lost") != s_maxLost, "is lost without its lost attempts"),
            If(end == Lost && !attempts.Where(IsLost).All(IsExplained), "was lost while no worker was"),
            If(!attempts.Select(attempt => attempt.GetProperty("attempt").GetInt32()).SequenceEqual(Enumerable.Range(1, task.GetProperty("attempt").GetInt32()).TakeLast(20)), "has gaps in its attempts"),
            If(attempts.Length > 0 && StartOf(attempts[0]) < promises.NotBefore, "was started before notBefore"),
            If(attempts.Length > 0 && StartOf(attempts[0]) >= promises.StartBefore, "was started after startBefore"),
        ];
        return wrong.OfType<string>().Select(what => $"{plan.Name} task {what} ({end}): {task}");
    }

    private static bool IsLegal(TaskPlan plan, string end) =>
        plan.Ends.Contains(end) || end == Lost || (end == Cancelled && plan.CancelAfter is not null);

    /// <summary>What no attempt brought about has its own ends.</summary>
    private static bool IsLastOutcome(string end, string?[] outcomes) => end switch
    {
        "failed:expired" => outcomes.Length == 0,
        Cancelled => true,
        _ => outcomes.LastOrDefault() == end switch
        {
            "failed:rejected" => "error",
            _ when end.StartsWith("failed:", StringComparison.Ordinal) => end["failed:".Length..],
            _ => end.Split(':')[0],
        },
    };

    private static bool IsLost(JsonElement attempt) => Text(attempt, "outcome") == "lost";

    /// <summary>Whether a worker was away when the attempt ran.</summary>
    private bool IsExplained(JsonElement attempt) =>
        workerOutages.Any(outage => StartOf(attempt) <= outage.To && attempt.GetProperty("finishedAt").GetDateTimeOffset() >= outage.From);

    private static DateTimeOffset StartOf(JsonElement attempt) => attempt.GetProperty("startedAt").GetDateTimeOffset();

    private static string? If(bool isWrong, string what) => isWrong ? what : null;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
