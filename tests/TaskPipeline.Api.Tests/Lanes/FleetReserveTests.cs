using CsCheck;
using TaskPipeline.Api.Lanes;

namespace TaskPipeline.Api.Tests.Lanes;

public sealed class FleetReserveTests
{
    [Theory]
    [InlineData(8, 0.94, 6.26, 0, 1)] // the mix of the issue at load 0.9
    [InlineData(8, 0.99, 6.61, 1, 1)] // at 0.95: kept, but not raised to
    [InlineData(8, 0.99, 6.61, 0, 0)]
    [InlineData(8, 0.99, 7.5, 1, 0)] // the long lane needs it
    [InlineData(8, 0, 7.9, 1, 0)] // nobody is quick
    [InlineData(8, 3.2, 1, 0, 4)]
    [InlineData(1, 0.5, 0.1, 0, 0)]
    [InlineData(0, 0, 0, 0, 0)]
    public void Compute_MeasuredLoad_IsWhatQuickTasksNeedAndLongOnesSpare(int slots, double quick, double slow, int current, int expected) =>
        Assert.Equal(expected, FleetReserve.Compute(slots, quick, slow, uncertainty: 0, current));

    [Fact]
    public void Compute_TheLoadMayBeChance_LeavesTheReserveAlone()
    {
        Assert.Equal(1, FleetReserve.Compute(8, 0.94, 7.2, uncertainty: 0.1, current: 1));
        Assert.Equal(0, FleetReserve.Compute(8, 0.94, 7.8, uncertainty: 0.1, current: 1));
    }

    [Fact]
    public void Compute_AnyLoad_NeverTakesWhatTheSlowLanesNeed() =>
        Gen.Select(Gen.Int[0, 200], Gen.Double[0, 300], Gen.Double[0, 300], Gen.Int[0, 200]).Sample((slots, quick, slow, current) =>
        {
            var reserve = FleetReserve.Compute(slots, quick, slow, uncertainty: 0, current);
            Assert.InRange(reserve, 0, Math.Max(0, slots - 1));
            Assert.True(reserve == 0 || slow <= slots - reserve, $"{reserve} of {slots} with {slow}");
        });

    [Fact]
    public void Share_AnyFleet_GivesTheReserveAwayAndLeavesEveryWorkerASlot() =>
        Gen.Select(Gen.Int[1, 16].Array[0, 30], Gen.Double[0, 1]).Sample((slots, part) =>
        {
            var spare = slots.Sum(count => count - 1);
            var reserve = (int)(part * slots.Sum());
            var shares = FleetReserve.Share(reserve, slots);
            Assert.Equal(Math.Min(reserve, spare), shares.Sum());
            Assert.All(shares.Zip(slots), pair => Assert.InRange(pair.First, 0, pair.Second - 1));
        });
}
