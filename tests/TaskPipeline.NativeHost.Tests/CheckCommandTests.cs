using System.Diagnostics;
using TaskPipeline.Testing;

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

    [Fact]
    public async Task Check_LibraryThatLeavesProcessesBehind_LeavesNone()
    {
        await RunAsync("check", BuiltPrograms.Faults, "--only", "fault.fork", "--runs", "2");

        // Only hosts of the kit are given such a page; what they leave behind has their command line.
        Assert.Empty(ProcessTable.Read().Naming("/tp-check-"));
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

    [Fact]
    public async Task Check_LibraryThatExportsMore_IsToldWhat()
    {
        using var own = new OwnLibrary();
        var library = await own.CompileAsync(OwnLibrary.OneAlgorithm("return TP_OK;") + "TP_EXPORT int helper_a(void) { return 1; }\nTP_EXPORT int helper_b;\n");

        var (exitCode, output) = await RunAsync("check", library);

        Assert.Contains("FAIL  symbols: 2 more than tp_library_describe: helper_", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Theory]
    [InlineData(".name = \"NOT ALLOWED\", .version = \"1\", .run = run", "FAIL  describe: algorithm 0 has no usable name: 1 to 100 of a-z 0-9 . _ -")]
    [InlineData(".name = \"mine\", .run = run", "FAIL  describe: algorithm mine has no version")]
    [InlineData(".name = \"mine\", .version = \"1\"", "FAIL  describe: algorithm mine has no run function")]
    [InlineData(".name = \"mine\", .version = \"1\", .run = run, .expected_seconds = -1", "FAIL  describe: algorithm mine has an amount of seconds that is negative or no number")]
    public async Task Check_DescriptionThatBreaksTheRules_IsNamed(string members, string finding)
    {
        using var own = new OwnLibrary();
        var library = await own.CompileAsync(OwnLibrary.OneAlgorithm("return TP_OK;", members));

        var (exitCode, output) = await RunAsync("check", library);

        Assert.Contains(finding, output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Theory]
    [InlineData("fclose(stdout); return TP_OK;", "FAIL  mine descriptors: it closes or replaces standard output or standard error")]
    [InlineData("printf(\"hello\\n\"); return TP_OK;", "note  mine output: it prints on standard output (6 bytes)")]
    [InlineData("return 77;", "FAIL  mine run: Error: run returned 77, which is no status")]
    [InlineData("return tp_parameter(context, \"size\", &(const char *){0}, &(uint32_t){0}) ? TP_OK : TP_INVALID_INPUT;", "note  mine run: it refuses the input {}: ; give it one with --input mine=JSON")]
    public async Task Check_MannersOfARun_AreTold(string body, string finding)
    {
        using var own = new OwnLibrary();
        var library = await own.CompileAsync(OwnLibrary.OneAlgorithm(body));

        var (_, output) = await RunAsync("check", library, "--runs", "4");

        Assert.Contains(finding, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_CodeThatListens_IsToldHowLongItTook()
    {
        var (_, output) = await RunAsync("check", BuiltPrograms.Faults, "--only", "fault.cpu", "--input", "fault.cpu={\"seconds\":0.3}", "--runs", "1");

        Assert.Matches(@"ok    fault\.cpu stop: \d+(\.\d+)? m?s after it was asked", output);
    }

    [Fact]
    public async Task Check_ExampleBuiltByTheCommandInItsFirstLine_HasNothingToComplainAbout()
    {
        using var own = new OwnLibrary();
        File.Copy(BuiltPrograms.Source("examples", "power", "power.c"), Path.Combine(own.Folder, "power.c"));
        Directory.CreateSymbolicLink(Path.Combine(own.Folder, "native"), BuiltPrograms.Source());
        var first = (await File.ReadAllLinesAsync(Path.Combine(own.Folder, "power.c")))[0];

        await own.RunAsync("/bin/sh", "-c", first["/* ".Length..^" */".Length]);
        var (exitCode, output) = await RunAsync("check", Path.Combine(own.Folder, "power.so"), "--input", "power={\"exponent\":1000000}");

        Assert.True(exitCode == 0, output);
    }

    [Theory]
    [InlineData("mandelbrot", """{"size":200}""")]
    [InlineData("textstats", """{"text":"the quick brown fox"}""")]
    public async Task Check_ExampleBuiltAsAProjectOfItsOwn_HasNothingToComplainAbout(string project, string input)
    {
        using var own = new OwnLibrary();

        await own.RunAsync("cmake", "-S", BuiltPrograms.Source("examples", project), "-B", own.Folder, "-DCMAKE_BUILD_TYPE=Release");
        await own.RunAsync("cmake", "--build", own.Folder);
        var (exitCode, output) = await RunAsync("check", Path.Combine(own.Folder, $"{project}.so"), "--input", $"{project}={input}");

        Assert.True(exitCode == 0, output);
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
