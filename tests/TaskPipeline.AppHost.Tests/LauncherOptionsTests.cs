using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.AppHost.Tests;

public sealed class LauncherOptionsTests
{
    [Fact]
    public void Parse_Nothing_IsTheDefault()
    {
        var options = LauncherOptions.Parse([]);

        Assert.Equal((5080, 1, 2, false, null), (options.Port, options.Apis, options.Workers, options.Faults, options.Data));
        Assert.Equal(Math.Max(2, Environment.ProcessorCount), options.Slots);
    }

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        var options = LauncherOptions.Parse(["--port", "6000", "--apis", "2", "--workers", "3", "--slots", "4", "--faults", "--data", "/somewhere"]);

        Assert.Equal((6000, 2, 3, 4, true, "/somewhere"), (options.Port, options.Apis, options.Workers, options.Slots, options.Faults, options.Data));
    }

    [Theory]
    [InlineData("--unknown")]
    [InlineData("--port")]
    [InlineData("--port", "0")]
    [InlineData("--workers", "many")]
    [InlineData("--slots", "-1")]
    public void Parse_WhatCannotBe_IsRefused(params string[] arguments) =>
        Assert.Throws<UsageException>(() => LauncherOptions.Parse(arguments));
}
