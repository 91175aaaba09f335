namespace TaskPipeline.Chaos.Tests;

public sealed class ChaosOptionsTests
{
    [Fact]
    public void Parse_Nothing_IsAMinuteWithASeedOfItsOwn()
    {
        var options = ChaosOptions.Parse([]);

        Assert.Equal(TimeSpan.FromSeconds(60), options.Duration);
        Assert.NotEqual(options.Seed, ChaosOptions.Parse([]).Seed);
        Assert.Null(options.Log);
    }

    [Fact]
    public void Replay_OfARun_IsParsedToTheSame()
    {
        var options = ChaosOptions.Parse(["--duration", "900", "--seed", "42"]);

        Assert.Equal((900, 42), (options.Duration.TotalSeconds, options.Seed));
        Assert.Equal(options, ChaosOptions.Parse(options.Replay.Split(" -- ")[1].Split(' ')));
    }

    [Theory]
    [InlineData("--duration")]
    [InlineData("--duration", "1")]
    [InlineData("--duration", "long")]
    [InlineData("--seed", "-1")]
    [InlineData("--log")]
    [InlineData("--nonsense", "1")]
    public void Parse_BadArguments_AreRefused(params string[] arguments) => Assert.Throws<ArgumentException>(() => ChaosOptions.Parse(arguments));
}
