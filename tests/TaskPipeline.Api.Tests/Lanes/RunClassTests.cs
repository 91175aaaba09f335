using System.Text;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Tests.Lanes;

public sealed class RunClassTests
{
    [Theory]
    [InlineData("""{"limit":100000}""", "1.0:c16")]
    [InlineData("""{"x":{"limit":1},"limit":131071}""", "1.0:c16")]
    [InlineData("""{"limit":131072}""", "1.0:c17")]
    [InlineData("""{"limit":"4096"}""", "1.0:c12")]
    [InlineData("""{"limit":0.25}""", "1.0:c-2")]
    [InlineData("""{"limit":0}""", "1.0:c-20")]
    [InlineData("""{"limit":1e300}""", "1.0:c63")]
    [InlineData("""{"limit":"many"}""", "1.0:s4")]
    [InlineData("""{"limit":[1]}""", "1.0:s3")]
    [InlineData("{}", "1.0:s1")]
    public void Of_AParameterDrivesTheCost_IsItsOctaveElseThatOfTheLength(string input, string expected) =>
        Assert.Equal(expected, RunClass.Of(Algorithm("limit"), Encoding.UTF8.GetBytes(input)));

    [Fact]
    public void Of_NoParameterIsNamed_IsTheOctaveOfTheLength() =>
        Assert.Equal("1.0:s4", RunClass.Of(Algorithm(parameter: null), """{"limit":100000}"""u8));

    private static AlgorithmDescription Algorithm(string? parameter) => new() { Name = "a", Version = "1.0", Description = "", CostParameter = parameter };
}
