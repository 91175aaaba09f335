using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class HostExitTests
{
    [Fact]
    public void Parse_Signal_HasItsNumberAndTheUsage()
    {
        var exit = HostExit.Parse("ended signal 11 utime_us=1200000 stime_us=300000 maxrss_kb=3400 swept=2");

        Assert.Equal(new HostExit(ExitCode: null, Signal: 11, CpuSeconds: 1.5, PeakMemoryBytes: 3400 * 1024, Swept: 2), exit);
    }

    [Fact]
    public void Parse_Exit139_IsNoSignal()
    {
        var exit = HostExit.Parse("ended exit 139 utime_us=0 stime_us=0 maxrss_kb=1 swept=0");

        Assert.Equal((139, null), (exit!.ExitCode, exit.Signal));
    }

    [Fact]
    public void Parse_Failed_HasTheProblem() => Assert.Equal("2 No such file or directory", HostExit.Parse("failed 2 No such file or directory")?.Problem);

    [Theory]
    [InlineData("started 4711")]
    [InlineData("")]
    [InlineData("ended signal x")]
    [InlineData("ended")]
    public void Parse_AnotherLine_IsNull(string line) => Assert.Null(HostExit.Parse(line));

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(3, 3, null)]
    [InlineData(139, null, 11)]
    public void FromExitCode_WithoutAGuard_GuessesTheSignal(int code, int? exitCode, int? signal)
    {
        var exit = HostExit.FromExitCode(code);

        Assert.Equal((exitCode, signal), (exit.ExitCode, exit.Signal));
    }
}
