using TaskPipeline.Chaos.Plan;

namespace TaskPipeline.Chaos.Tests;

public sealed class ChaosPlanTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromSeconds(60);

    private static readonly IEnumerable<int> s_seeds = Enumerable.Range(0, 1_000);

    [Fact]
    public void Draw_SameSeed_GivesTheSamePlan() => Assert.Equal(Draw(7, s_minute), Draw(7, s_minute));

    [Fact]
    public void Draw_OtherSeed_GivesAnotherPlan() => Assert.NotEqual(Draw(7, s_minute), Draw(8, s_minute));

    [Fact]
    public void Draw_AMinute_HasEveryKind() => Assert.All(
        s_seeds, seed => Assert.Equal(Enum.GetValues<FaultKind>(), Draw(seed, s_minute).Select(fault => fault.Kind).Distinct().Order()));

    [Fact]
    public void Draw_LongerRun_BeginsAsTheShorterOne() => Assert.All(s_seeds, seed =>
    {
        var shorter = Draw(seed, s_minute);
        Assert.Equal(shorter, Draw(seed, 3 * s_minute).Take(shorter.Count));
    });

    [Fact]
    public void Draw_EachFault_LeavesTimeToRecover() => Assert.All(s_seeds, seed =>
    {
        var plan = Draw(seed, 3 * s_minute);
        var next = plan.Skip(1).Select(fault => fault.At).Append(3 * s_minute);
        Assert.All(plan.Zip(next), pair => Assert.True(pair.First.At + pair.First.Length + ChaosPlan.Recovery(pair.First.Kind) <= pair.Second));
    });

    [Fact]
    public void Draw_EachFault_HasATargetThatIsThere() => Assert.All(s_seeds.SelectMany(seed => Draw(seed, s_minute)), fault =>
    {
        Assert.InRange(fault.Target, 0, fault.Kind == FaultKind.ApiKill ? 1 : 2);
        Assert.Equal(fault.Kind == FaultKind.WorkerFreeze, fault.Length >= ChaosPlan.ShortestFreeze);
    });

    private static IReadOnlyList<Fault> Draw(int seed, TimeSpan duration) => ChaosPlan.Draw(seed, duration, workers: 3, apis: 2);
}
