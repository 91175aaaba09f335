using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Tests.Scheduling;

public sealed class LaneScheduleTests
{
    private static readonly SchedulingOptions s_options = new();

    [Fact]
    public void Next_SeveralHeads_TakesTheFirstLane() =>
        Assert.Equal(new LaneDecision(Lane.Urgent, Aged: false), Next(Slots(), budget: 1, Head(Lane.Urgent), Head(Lane.Short), Head(Lane.Long), Head(Lane.Background)));

    [Theory]
    [InlineData(Lane.Long)]
    [InlineData(Lane.Background)]
    public void Next_OnlyReservedSlotsAreFree_LeavesTheSlowLanesWaiting(Lane lane)
    {
        var slots = Slots() with { Reserved = 1, Slow = 3 };

        Assert.Null(Next(slots, budget: 1, Head(lane, waited: 3600)));
        Assert.Equal(Lane.Short, Next(slots, budget: 1, Head(Lane.Short), Head(lane, waited: 3600))!.Value.Lane);
    }

    [Fact]
    public void Next_ADemotedTaskHoldsAReservedSlot_IsMadeGoodForQuickLanesOnly()
    {
        var slots = Slots() with { Reserved = 1, Slow = 4, Demoted = 1 };

        Assert.Equal(Lane.Short, Next(slots, budget: 1, Head(Lane.Short), Head(Lane.Long))!.Value.Lane);
        Assert.Null(Next(slots, budget: 1, Head(Lane.Long)));
        Assert.Null(Next(slots with { MaxExtra = 0 }, budget: 1, Head(Lane.Short)));
    }

    [Fact]
    public void Next_TheReserveWasRaisedOverRunningLongTasks_StartsNoExtraProcess() =>
        Assert.Null(Next(Slots() with { Reserved = 1, Slow = 4 }, budget: 1, Head(Lane.Short)));

    [Fact]
    public void Next_AHeadHasOutwaitedItsPatience_PassesWhileTheBudgetLasts()
    {
        var patience = s_options.Long.Patience.TotalSeconds;

        Assert.Equal(new LaneDecision(Lane.Long, Aged: true), Next(Slots(), budget: 1, Head(Lane.Short), Head(Lane.Long, patience)));
        Assert.Equal(new LaneDecision(Lane.Short, Aged: false), Next(Slots(), budget: 0.99, Head(Lane.Short), Head(Lane.Long, patience)));
        Assert.Equal(new LaneDecision(Lane.Short, Aged: false), Next(Slots(), budget: 1, Head(Lane.Short), Head(Lane.Long, patience - 0.1)));
    }

    [Fact]
    public void Next_SeveralHaveOutwaitedTheirPatience_TheGreatestWeightedOvertimePasses()
    {
        var options = new SchedulingOptions();
        options.Long.Weight = 0.1;
        LaneHead[] heads = [Head(Lane.Short), Head(Lane.Long, options.Long.Patience.TotalSeconds + 20), Head(Lane.Background, options.Background.Patience.TotalSeconds + 3)];

        Assert.Equal(Lane.Background, LaneSchedule.Next(Slots(), heads, budget: 1, options)!.Value.Lane);
    }

    [Fact]
    public void Validate_ALaterLaneIsLessPatient_IsNamedWithTheRule()
    {
        var options = new SchedulingOptions();
        options.Long.Patience = TimeSpan.FromSeconds(1);
        options.Background.Weight = 0;

        var result = Validate(options);

        Assert.Contains(result.Failures!, failure => failure.Contains("Scheduling:Long:Patience", StringComparison.Ordinal) && failure.Contains("at least as long", StringComparison.Ordinal));
        Assert.Contains(result.Failures!, failure => failure.StartsWith("Scheduling:Background:Weight (0): ", StringComparison.Ordinal));
        Assert.True(Validate(new SchedulingOptions()).Succeeded);
    }

    [Theory]
    [InlineData("FastClaimsPerSlot", "only what is here")]
    [InlineData("FastRun", "before it would be given back")]
    [InlineData("MaxExtraProcesses", "Worker:Slots (4)")]
    public void Validate_OptionsThatContradict_NamesThemWithTheRule(string option, string rule)
    {
        var options = new SchedulingOptions { FastClaimsPerSlot = 30, FastPrefetchPerSlot = 21, MaxExtraProcesses = 5 };

        Assert.Contains(Validate(options).Failures!, failure => failure.StartsWith($"Scheduling:{option} ", StringComparison.Ordinal) && failure.Contains(rule, StringComparison.Ordinal));
    }

    [Fact]
    public void Start_OptionsThatContradict_EndsTheWorkerBeforeItTakesWork()
    {
        var builder = Host.CreateApplicationBuilder(["--Scheduling:Long:Patience=00:00:01", "--Scheduling:MaxExtraProcesses=9", "--Worker:Slots=2"]);
        builder.AddScheduling();
        using var host = builder.Build();

        var exception = Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(exception.Failures, failure => failure.Contains("Scheduling:Long:Patience", StringComparison.Ordinal));
        Assert.Contains(exception.Failures, failure => failure.Contains("Worker:Slots (2)", StringComparison.Ordinal));
    }

    private static ValidateOptionsResult Validate(SchedulingOptions options) =>
        new SchedulingOptionsValidator(new OptionsWrapper<WorkerOptions>(new WorkerOptions { Slots = 4 })).Validate(name: null, options);

    private static LaneDecision? Next(SlotCounts slots, double budget, params LaneHead[] heads) => LaneSchedule.Next(slots, heads, budget, s_options);

    private static SlotCounts Slots() => new(Slots: 4, Reserved: 0, MaxExtra: 1, Quick: 0, Slow: 0, Demoted: 0);

    private static LaneHead Head(Lane lane, double waited = 0) => new(lane, TimeSpan.FromSeconds(waited));
}
