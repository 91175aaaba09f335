using System.Text;
using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>The real child process, both ways in which it is compiled.</summary>
public sealed class HostProcessTests
{
    private const string Small = """{"limit":10}""";
    private const string Megabyte = """{"megabytes":1}""";

    public static TheoryData<string> Hosts => new(BuiltPrograms.AotHost, BuiltPrograms.JitHost);

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Run_Tasks_GreetsRunsReportsAndExits(string program)
    {
        await using var host = new ChildHost(program);

        var hello = await host.GreetAsync();
        var first = await host.RunAsync(host.Request(1, "primes", """{"limit":1000}"""));
        var second = await host.RunAsync(host.Request(2, "primes", """{"limit":100}"""));
        var exitCode = await host.EndAsync();

        Assert.Equal(TpAbi.Version, hello.AbiVersion);
        Assert.Equal((HostStatus.Ok, """{"limit":1000,"count":168}"""), (first!.Status, Encoding.UTF8.GetString(first.Result!.Value.Span)));
        Assert.Equal((2UL, """{"limit":100,"count":25}"""), (second!.Sequence, Encoding.UTF8.GetString(second.Result!.Value.Span)));
        Assert.Equal(FinishedFlags.OutputMarked | FinishedFlags.ErrorMarked, second.Flags);
        Assert.True(second.PeakMemoryBytes > 1 << 20 && second.TotalCpuSeconds >= first.CpuSeconds);
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Run_Crash_EndsTheProcessWithItsSignal(string program)
    {
        await using var host = new ChildHost(program);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, "fault.stack-overflow"));

        Assert.Null(reply);
        Assert.Equal((40, "about to crash"), (host.Page.Sample(1).Percent, host.Page.Sample(1).Stage));
        Assert.Equal(128 + 11, await host.EndAsync());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Run_AskedToStop_AnswersStopped(string program)
    {
        await using var host = new ChildHost(program);
        await host.GreetAsync();

        host.Page.RequestStop(1);
        var reply = await host.RunAsync(host.Request(1, "fault.cpu"));

        Assert.Equal(HostStatus.Stopped, reply!.Status);
    }

    [Theory]
    [InlineData("primes", """{"limit":10}""", (int)HostStatus.Ok, "")]
    [InlineData("primes", """{"limit":"many"}""", (int)HostStatus.InvalidInput, "limit")]
    [InlineData("fault.error", "{}", (int)HostStatus.Error, "it was asked to fail")]
    [InlineData("fault.error", """{"message":"so it is"}""", (int)HostStatus.Error, "so it is")]
    [InlineData("fault.error", """{"retryable":true}""", (int)HostStatus.RetryableError, "it was asked to fail")]
    [InlineData("fault.no-start", "{}", (int)HostStatus.OpenFailed, "the model is missing")]
    [InlineData("fault.big-result", "{}", (int)HostStatus.ResultTooLarge, "the result is larger than 262144 bytes")]
    [InlineData("fault.bad-json", "{}", (int)HostStatus.ResultNotJson, "the result is not JSON")]
    [InlineData("fault.unknown", "{}", (int)HostStatus.AlgorithmMissing, "has no algorithm fault.unknown")]
    public async Task Run_EachWayToEnd_HasItsStatusAndMessage(string algorithm, string input, int status, string message)
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, algorithm, input));

        Assert.Equal((HostStatus)status, reply!.Status);
        Assert.Contains(message, reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutAResult_HasNone()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, "fault.backwards"));

        Assert.Equal((HostStatus.Ok, false), (reply!.Status, reply.Result.HasValue));
    }

    [Fact]
    public async Task Run_LibraryFromElsewhere_IsRefused()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, "power", library: BuiltPrograms.Native("examples", "power.so")));

        Assert.Equal(HostStatus.LibraryUnusable, reply!.Status);
    }

    [Fact]
    public async Task Run_ScratchFolderThatIsNotThere_IsASetupFailureAndTheHostGoesOn()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        var refused = await host.RunAsync(host.Request(1, "primes", """{"limit":10}""") with { ScratchDirectory = "/nonexistent" });
        var next = await host.RunAsync(host.Request(2, "primes", """{"limit":10}"""));

        Assert.Equal((HostStatus.SetupFailed, HostStatus.Ok), (refused!.Status, next!.Status));
    }

    [Fact]
    public async Task Run_ScratchFolder_IsCalledUntouchedWhileItIsEmpty()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();
        var scratch = Directory.CreateDirectory(Path.Combine(host.Folder, "scratch")).FullName;

        var nothing = await host.RunAsync(host.Request(1, "primes", Small) with { ScratchDirectory = scratch });
        var again = await host.RunAsync(host.Request(2, "primes", Small) with { ScratchDirectory = scratch });
        var filled = await host.RunAsync(host.Request(3, "fault.scratch", Megabyte) with { ScratchDirectory = scratch });
        var after = await host.RunAsync(host.Request(4, "primes", Small) with { ScratchDirectory = scratch });

        Assert.Equal([true, true, false, false], new[] { nothing, again, filled, after }.Select(reply => reply!.Flags.HasFlag(FinishedFlags.ScratchUntouched)));
    }

    [Fact]
    public async Task Run_ProcessLeftBehind_IsToldInTheReply()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, "fault.fork"));

        Assert.True(reply!.Flags.HasFlag(FinishedFlags.SubtreeNotEmpty));
    }

    [Fact]
    public async Task Run_DescriptorsLeftOpen_AreToldWhenTheyAreAQuarterOfTheLimit()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();
        const string Half = """{"keep":8}""";

        var none = await host.RunAsync(host.Request(1, "fault.files") with { OpenFilesLimit = 64 });
        var half = await host.RunAsync(host.Request(2, "fault.files", Half) with { OpenFilesLimit = 64 });
        var all = await host.RunAsync(host.Request(3, "fault.files", Half) with { OpenFilesLimit = 64 });
        var after = await host.RunAsync(host.Request(4, "primes", Small) with { OpenFilesLimit = 64 });

        Assert.Equal([false, false, true, true], new[] { none, half, all, after }.Select(reply => reply!.Flags.HasFlag(FinishedFlags.DescriptorsLeftOpen)));
    }

    [Fact]
    public async Task Run_ContextOfTheRunBefore_GetsNothingAndGivesNothing()
    {
        using var own = new OwnLibrary();
        var library = await own.CompileAsync(OwnLibrary.OneAlgorithm("""
            static tp_context *old;
            if (old == NULL) { old = context; return TP_OK; }
            const char *text;
            const uint8_t *bytes;
            uint32_t length;
            tp_input(old, &bytes, &length);
            tp_message(old, "of another run");
            tp_log(old, "of another run");
            return length == 0 && tp_scratch(old) == NULL && !tp_parameter(old, "a", &text, &length) && !tp_should_stop(old)
                && !tp_progress(old, 77, "of another run") && tp_result(old, "1", 1) != 0 ? TP_OK : TP_ERROR;
            """));
        await using var host = new ChildHost(BuiltPrograms.AotHost, library);
        await host.GreetAsync();

        await host.RunAsync(host.Request(1, "mine", library: library));
        host.Page.RequestStop(2);
        var reply = await host.RunAsync(host.Request(2, "mine", """{"a":1}""", library));
        var sample = host.Page.Sample(2);
        await host.EndAsync();

        Assert.Equal((HostStatus.Ok, "", false), (reply!.Status, reply.Message, reply.Result.HasValue));
        Assert.Equal((0UL, 0), (sample.ProgressCalls, sample.Percent));
        Assert.DoesNotContain(host.Output, line => line.Contains("of another run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ResultWhenNoMemoryIsLeft_IsKept()
    {
        using var own = new OwnLibrary();
        var library = await own.CompileAsync(OwnLibrary.OneAlgorithm("""
            static char text[200 * 1024];
            static void *volatile kept;
            for (size_t i = 0; i < sizeof text; i++) { text[i] = i == 0 || i == sizeof text - 1 ? '"' : 'a'; }
            for (size_t size = 1 << 20; size >= 64; size /= 2) { do { kept = malloc(size); } while (kept != NULL); }
            return tp_result(context, text, sizeof text) == 0 ? TP_OK : TP_ERROR;
            """));
        await using var host = new ChildHost(BuiltPrograms.AotHost, library);
        await host.GreetAsync();

        var reply = await host.RunAsync(host.Request(1, "mine", library: library) with { MemoryLimitBytes = 64 << 20 });

        Assert.Equal((HostStatus.Ok, 200 * 1024), (reply!.Status, reply.Result?.Length));
    }

    [Fact]
    public async Task Run_BytesThatAreNoFrame_ExitsWithTheProtocolCode()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        host.Send("this is no frame"u8);

        Assert.Equal(ExitCodes.Protocol, await host.EndAsync());
    }
}
