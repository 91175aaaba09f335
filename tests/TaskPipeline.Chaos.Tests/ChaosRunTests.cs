using Xunit.Abstractions;

namespace TaskPipeline.Chaos.Tests;

/// <summary>The chaos suite for a minute, with other faults each time; the seed of a run that fails stands in its message.</summary>
[Collection(OneTopology.Name)]
public sealed class ChaosRunTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Run_AMinuteOfFaultsUnderLoad_KeepsEveryPromise()
    {
        var log = Path.Combine(Path.GetTempPath(), $"taskpipeline-chaos-{Environment.ProcessId}.log");
        var options = new ChaosOptions(ChaosOptions.DefaultDuration, ChaosOptions.DrawSeed(), log);

        var report = await new ChaosRun(options, output.WriteLine).RunAsync();

        output.WriteLine(report.ToString());
        Assert.True(report.IsClean, $"{report}{Environment.NewLine}log: {log}");
        Assert.True(report.FaultsDone > 0, "no fault was done");
        File.Delete(log);
    }
}

/// <summary>Tests that start a whole application, one after the other: a machine may have two cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneTopology
{
    public const string Name = "One topology";
}
