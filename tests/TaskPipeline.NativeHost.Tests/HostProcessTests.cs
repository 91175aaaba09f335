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
    public async Task Run_BytesThatAreNoFrame_ExitsWithTheProtocolCode()
    {
        await using var host = new ChildHost(BuiltPrograms.AotHost);
        await host.GreetAsync();

        host.Send("this is no frame"u8);

        Assert.Equal(ExitCodes.Protocol, await host.EndAsync());
    }
}
