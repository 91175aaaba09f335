using TaskPipeline.Api.Lanes;

namespace TaskPipeline.Api.Tests.Lanes;

public sealed class RunTimeHistogramTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    public void Quantile_KnownDistributions_IsWithinABin(double quantile)
    {
        var random = new Random(1);
        AssertQuantile(quantile, () => 0.5 + (1.5 * random.NextDouble()), 0.5 + (1.5 * quantile));
        AssertQuantile(quantile, () => -10 * Math.Log(1 - random.NextDouble()), -10 * Math.Log(1 - quantile));
        AssertQuantile(quantile, () => 0.01 * Math.Pow(1 - random.NextDouble(), -1 / 1.5), 0.01 * Math.Pow(1 - quantile, -1 / 1.5));
    }

    [Fact]
    public void Quantile_NoRuns_IsTheAlgorithmsOwnExpectation()
    {
        var histogram = new RunTimeHistogram();

        Assert.Null(histogram.Quantile(0.9, expectedSeconds: null));
        Assert.InRange(histogram.Quantile(0.9, expectedSeconds: 30)!.Value, 30, 36);
    }

    [Fact]
    public void Quantile_OneRunAmongFewTookLong_IsThatRun()
    {
        var histogram = new RunTimeHistogram();
        histogram.Add(RunTimeBins.IndexOf(60));

        Assert.InRange(histogram.Quantile(0.9, expectedSeconds: 0.5)!.Value, 60, 72);
    }

    [Fact]
    public void Add_RunsBecomeLonger_TheNewestDecideAndTheSizeStaysBounded()
    {
        var histogram = new RunTimeHistogram();
        for (var n = 0; n < 5000; n++)
        {
            histogram.Add(RunTimeBins.IndexOf(0.1));
        }

        for (var n = 0; n < 400; n++)
        {
            histogram.Add(RunTimeBins.IndexOf(10));
        }

        Assert.InRange(histogram.Quantile(0.5, expectedSeconds: null)!.Value, 10, 12);
        Assert.InRange(histogram.Total, 1, RunTimeHistogram.MaxRuns);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.001)]
    [InlineData(0.0011)]
    [InlineData(1)]
    [InlineData(86_400)]
    public void IndexOf_AnyRunTime_ItsBinReachesItAndTheOneBeforeDoesNot(double seconds)
    {
        var bin = RunTimeBins.IndexOf(seconds);

        Assert.InRange(bin, 0, RunTimeBins.Count - 1);
        Assert.True(RunTimeBins.UpperEdge(bin) >= seconds * 0.999999);
        Assert.True(bin == 0 || RunTimeBins.UpperEdge(bin - 1) < seconds);
    }

    /// <summary>The bin of the true quantile, or one that the chance of 400 samples reaches from there.</summary>
    private static void AssertQuantile(double quantile, Func<double> sample, double expected)
    {
        var histogram = new RunTimeHistogram();
        for (var n = 0; n < 500; n++)
        {
            histogram.Add(RunTimeBins.IndexOf(sample()));
        }

        var off = quantile == 0.99 ? 5 : 1;
        Assert.InRange(RunTimeBins.IndexOf(histogram.Quantile(quantile, expectedSeconds: null)!.Value), RunTimeBins.IndexOf(expected) - off, RunTimeBins.IndexOf(expected) + off);
    }
}
