using System.Diagnostics;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>The conformance kit, on the examples, which must pass, and on faults, each of which must be found.</summary>
public sealed class CheckCommandTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("power.so", "power", """{"exponent":1000000}""")]
    [InlineData("mandelbrot.so", "mandelbrot", """{"size":200}""")]
    [InlineData("textstats.so", "textstats", """{"text":"the quick brown fox"}""")]
    public async Task Check_Example_HasNothingToComplainAbout(string library, string algorithm, string input)
    {
        var (exitCode, output) = await RunAsync("check", BuiltPrograms.Native("examples", library), "--input", $"{algorithm}={input}");

        Assert.True(exitCode == 0, output);
        Assert.Contains("ok    symbols: exactly tp_library_describe", output, StringComparison.Ordinal);
        Assert.Contains("ok    abi: 1.0, this host has 1.0", output, StringComparison.Ordinal);
        Assert.Contains($"ok    {algorithm} run: ", output, StringComparison.Ordinal);
        Assert.Contains($"ok    {algorithm} progress: never goes backwards", output, StringComparison.Ordinal);
        Assert.Contains($"ok    {algorithm} memory: steady", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fault.segfault", "FAIL  fault.segfault run: the process died: exit code 139, as after signal 11 (SIGSEGV)")]
    [InlineData("fault.backwards", "FAIL  fault.backwards progress: it went backwards")]
    [InlineData("fault.bad-json", "FAIL  fault.bad-json run: ResultNotJson: the result is not JSON")]
    [InlineData("fault.big-result", "FAIL  fault.big-result run: ResultTooLarge")]
    [InlineData("fault.error", "FAIL  fault.error run: Error: it was asked to fail")]
    [InlineData("fault.deaf", "FAIL  fault.deaf stop: deaf: still running 2.0 s after it was asked")]
    [InlineData("fault.leak", "FAIL  fault.leak memory: it grew by ")]
    [InlineData("fault.fork", "FAIL  fault.fork processes: it leaves a process behind")]
    [InlineData("fault.garbage", "note  fault.garbage output: it prints on standard output")]
    [InlineData("fault.hog", "FAIL  fault.hog run: the process died: exit code 134")]
    public async Task Check_Fault_IsFound(string algorithm, string finding)
    {
        // The deaf one never ends by itself: one second of it is enough.
        var (exitCode, output) = await RunAsync(
            "check", BuiltPrograms.Faults, "--only", algorithm, "--runs", "8", "--timeout", algorithm == "fault.deaf" ? "1" : "60");

        Assert.Contains(finding, output, StringComparison.Ordinal);
        Assert.Equal(finding.StartsWith("FAIL", StringComparison.Ordinal) ? 1 : 0, exitCode);
    }

    [Theory]
    [InlineData("libtp_broken_abi.so", "FAIL  describe: it is built for ABI 99.0, this host has 1.0")]
    [InlineData("libtp_broken_describe.so", "FAIL  describe: the process that loaded it ended: exit code 139, as after signal 11 (SIGSEGV)")]
    [InlineData("libtp_broken_load.so", "FAIL  describe: it cannot be loaded")]
    [InlineData("libtp_broken_symbol.so", "FAIL  symbols: tp_library_describe is not exported")]
    public async Task Check_BrokenLibrary_IsNamed(string library, string finding)
    {
        var (exitCode, output) = await RunAsync("check", BuiltPrograms.Native("faults", library));

        Assert.Contains(finding, output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("check", "a.so", "b.so")]
    [InlineData("check", "a.so", "--unknown", "1")]
    [InlineData("check", "a.so", "--input", "primes")]
    [InlineData("check", "a.so", "--runs", "0")]
    [InlineData("run")]
    [InlineData("dance")]
    public async Task Run_WrongArguments_AreUsage(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.Equal(2, exitCode);
        Assert.Contains("usage: TaskPipeline.NativeHost", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(BuiltPrograms.AotHost, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(s_limit);
        await process.WaitForExitAsync().WaitAsync(s_limit);
        return (process.ExitCode, output + await errors);
    }
}
