using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tests.Lanes;

public sealed class LaneForecastTests
{
    private static readonly LaneOptions s_options = new();

    [Fact]
    public void Measure_ArrivalsAndRuns_IsTheSlotsTheyKeepBusy()
    {
        var load = Load(perMinute: 60, shortRun: 0.5, longPerMinute: 6, longRun: 20);

        Assert.InRange(load.Quick, 0.45, 0.55);
        Assert.InRange(load.Slow, 1.8, 2.2);
    }

    [Fact]
    public void Measure_ShortTasksOutstayTheirLane_CountsWhatTheyTookFromTheSlowOnes()
    {
        var load = Steady([default, new(Arrivals: 60, Ended: 60, RunSeconds: 120, SlowSeconds: 90), default, default]);

        Assert.InRange(load.Quick, 0.45, 0.55);
        Assert.InRange(load.Slow, 1.4, 1.6);
    }

    [Fact]
    public void Expected_ASlotIsFree_IsNothing()
    {
        var forecast = Forecast(Fleet(slots: 4, running: [0, 1, 2, 0]));

        Assert.Equal(0, forecast.Expected(Lane.Short, 0));
        Assert.Equal(0, forecast.Expected(Lane.Long, 0));
        Assert.True(forecast.Expected(Lane.Short, 1) > 0);
    }

    [Fact]
    public void Expected_OnlyTheReservedSlotIsFree_IsAWaitForLongTasksOnly()
    {
        var forecast = Forecast(Fleet(slots: 4, reserved: 1, running: [0, 0, 3, 0]));

        Assert.Equal(0, forecast.Expected(Lane.Short, 0));
        Assert.True(forecast.Expected(Lane.Long, 0) > 1);
    }

    [Fact]
    public void Expected_AnyFleet_GrowsWithTheTasksAhead() =>
        Gen.Select(Gen.Int[1, 64], Gen.Int[0, 8], Gen.Int[0, 200].Array[4], Gen.Int[0, 40].Array[4], Gen.Int[0, 3]).Sample((slots, reserved, waiting, running, lane) =>
        {
            var forecast = Forecast(Fleet(slots, Math.Min(reserved, slots - 1), [.. running.Select(n => (double)n)], [.. waiting.Select(n => (double)n)]));
            var waits = new[] { 0L, 1, 2, 5, 10, 100, 1000, 1_000_000 }.Select(ahead => forecast.Expected((Lane)lane, ahead)!.Value).ToArray();
            Assert.Equal(waits.Order(), waits);
            Assert.All(waits, wait => Assert.InRange(wait, 0, WaitModel.LongestSeconds));
        });

    [Fact]
    public void Expected_ManyShortTasksAhead_IsAboutTheirWorkBySlots()
    {
        var forecast = Forecast(Fleet(slots: 8, running: [0, 8, 0, 0]));

        Assert.InRange(forecast.Expected(Lane.Short, 1600)!.Value, 90, 115); // 1600 × 0.5 s / 8
    }

    [Fact]
    public void MaxAhead_ALimit_IsWhereTheToldWaitPassesIt()
    {
        var forecast = Forecast(Fleet(slots: 8, running: [0, 8, 0, 0]));

        var most = forecast.MaxAhead(Lane.Short, seconds: 60);

        Assert.True(forecast.Told(Lane.Short, most) > 60);
        Assert.True(forecast.Told(Lane.Short, most - 1) <= 60);
    }

    [Fact]
    public void MaxAhead_NoWorker_RefusesNothing()
    {
        var forecast = LaneForecast.Unknown(s_options);

        Assert.Null(forecast.Told(Lane.Short, 0));
        Assert.True(forecast.MaxAhead(Lane.Short, seconds: 0.001) > 1_000_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Told_AfterManyWaits_CoversItsShareOfTheNext(int seed)
    {
        var random = new Random(seed);
        var calibration = new WaitCalibration();
        (double Expected, double Actual) Next()
        {
            var expected = random.NextDouble() < 0.3 ? 0 : 20 * random.NextDouble();
            return (expected, (expected + 0.1) * Math.Exp((random.NextDouble() - 0.3) * 2));
        }

        for (var n = 0; n < 5000; n++)
        {
            var (expected, actual) = Next();
            calibration.Add(WaitCalibration.OctaveOf(expected), WaitCalibration.RatioOf(expected, actual));
        }

        var covered = 0;
        for (var n = 0; n < 2000; n++)
        {
            var (expected, actual) = Next();
            covered += actual <= calibration.Told(expected, 0.9) ? 1 : 0;
        }

        Assert.InRange(covered / 2000.0, 0.86, 0.99);
    }

    [Fact]
    public void Start_OptionsThatContradict_EndsTheApiBeforeItServes()
    {
        var builder = Host.CreateApplicationBuilder(["--Lanes:Urgent:MaxWait=02:00:00", "--Lanes:ClientWeights:a=1000"]);
        builder.AddLanes();
        using var host = builder.Build();

        var exception = Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(exception.Failures, failure => failure.Contains("Lanes:Short:MaxWait (01:00:00) must not be below that of Urgent (02:00:00)", StringComparison.Ordinal));
        Assert.Contains(exception.Failures, failure => failure.Contains("Lanes:ClientWeights:a", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_CombinationsThatContradict_AreAllNamed()
    {
        var options = new LaneOptions();
        options.Short.MaxWait = TimeSpan.FromMinutes(1);
        options.Background.MaxWait = TimeSpan.FromDays(8);
        options.ClientWeights.Add("a", 0);
        options.HoldBackAfter = TimeSpan.FromMinutes(1);

        var failures = new LaneOptionsValidator().Validate(name: null, options).Failures!.ToArray();

        Assert.Contains(failures, failure => failure.Contains("Lanes:Short:MaxWait", StringComparison.Ordinal) && failure.Contains("must not be below", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.Contains("Lanes:ClientWeights:a", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.StartsWith("Lanes:Background:MaxWait (8.00:00:00): ", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.Contains("Lanes:HoldBackAfter (00:01:00) must be below Lanes:Short:MaxWait", StringComparison.Ordinal));
        Assert.True(new LaneOptionsValidator().Validate(name: null, new LaneOptions()).Succeeded);
    }

    private static LaneForecast Forecast(FleetFigures fleet) => new(
        fleet,
        [.. Enum.GetValues<Lane>().Select(_ => new WaitCalibration())],
        new LaneLines(DateTimeOffset.UnixEpoch, MeasuredSince: null, Reserve: 0, [.. Enum.GetValues<Lane>().Select(_ => LaneLine.Empty)]),
        s_options);

    private static FleetFigures Fleet(int slots, int reserved = 0, double[]? running = null, double[]? waiting = null) =>
        new(slots, reserved, waiting ?? [0, 0, 0, 0], running ?? [0, 0, 0, 0], Load(perMinute: 60, shortRun: 0.5, longPerMinute: 6, longRun: 20));

    private static LaneLoad Load(double perMinute, double shortRun, double longPerMinute, double longRun)
    {
        LaneTally[] minute =
        [
            default, new(perMinute, perMinute, perMinute * shortRun, SlowSeconds: 0), new(longPerMinute, longPerMinute, longPerMinute * longRun, SlowSeconds: 0), default,
        ];
        return Steady(minute);
    }

    /// <summary>The same minute again and again.</summary>
    private static LaneLoad Steady(LaneTally[] minute)
    {
        LaneTally[] window = [.. minute.Select(tally => tally * LaneLoad.Window.TotalMinutes)];
        return LaneLoad.Measure([.. Enumerable.Repeat(window, LaneLoad.Windows)], LaneLoad.Window, LaneLoad.Window * LaneLoad.Windows, outstaySeconds: 2);
    }
}
