using System.Text.Json;
using TaskPipeline.Chaos.Load;

namespace TaskPipeline.Chaos.Tests;

public sealed class TaskMixTests
{
    [Fact]
    public void Next_SameSeed_DrawsTheSameTasks() => Assert.Equal(Draw(3), Draw(3));

    [Fact]
    public void Next_OtherSeed_DrawsOtherTasks() => Assert.NotEqual(Draw(3), Draw(4));

    [Fact]
    public void Next_ForAMinute_HasEveryWayToEnd()
    {
        var mix = new TaskMix(5);
        var ends = Enumerable.Range(0, 400).Select(_ => mix.Next()).SelectMany(plan => plan.CancelAfter is null ? plan.Ends : ["cancelled"]).ToHashSet();

        Assert.Superset(
            new HashSet<string> { "completed", "failed:crash", "failed:error", "failed:rejected", "failed:expired", "timed_out:timeout", "timed_out:no_progress", "cancelled" },
            ends);
    }

    private static string[] Draw(int seed)
    {
        var mix = new TaskMix(seed);
        return [.. Enumerable.Range(0, 100).Select(_ => mix.Next()).Select(plan => $"{plan.Name} {plan.Algorithm} {JsonSerializer.Serialize(plan.Members)} {plan.CancelAfter} {plan.NotBefore} {plan.StartBefore} {plan.ByEvents}")];
    }
}
