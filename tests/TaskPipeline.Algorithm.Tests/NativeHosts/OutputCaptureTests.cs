using System.IO.Pipes;
using System.Text;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class OutputCaptureTests
{
    private const int Keep = 64;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Of letters only, so that a byte is a character.</summary>
    private readonly Guid _token = new("TokenOfThisTest!"u8);

    [Fact]
    public async Task EndAsync_MarkerCutAtAnyPlace_IsFound()
    {
        byte[] all = [.. "before"u8, .. OutputMarker.Format(_token), .. "after"u8];
        for (var cut = 1; cut < all.Length; cut++)
        {
            Assert.Equal("before", await CaptureAsync(all[..cut], all[cut..]));
        }
    }

    [Fact]
    public async Task EndAsync_MarkerInSingleBytes_IsFound()
    {
        byte[] all = [.. "text"u8, .. OutputMarker.Format(_token)];

        Assert.Equal("text", await CaptureAsync([.. all.Select(one => new[] { one })]));
    }

    [Fact]
    public async Task EndAsync_TextThatLooksLikeAMarker_IsText()
    {
        var forged = OutputMarker.Format(new Guid("0123456789abcdef"u8));

        // One byte shorter, and the first byte of what follows would complete it.
        var begun = OutputMarker.Format(_token)[..^2];

        var text = await CaptureAsync([.. forged, .. begun], [.. "x"u8, .. begun], OutputMarker.Format(_token));

        Assert.Equal(Encoding.UTF8.GetString([.. forged, .. begun, .. "x"u8, .. begun])[^Keep..], text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(Keep)]
    [InlineData(Keep + 1)]
    [InlineData(5 * Keep)]
    public async Task EndAsync_MoreThanIsKept_HasTheEnd(int chunk)
    {
        var text = string.Concat(Enumerable.Range(0, 200).Select(number => $"{number:000},"));
        byte[] all = [.. Encoding.UTF8.GetBytes(text), .. OutputMarker.Format(_token)];

        Assert.Equal(text[^Keep..], await CaptureAsync([.. all.Chunk(chunk)]));
    }

    [Fact]
    public async Task EndAsync_CutInsideACharacter_LeavesItOut()
    {
        var text = new string('ä', Keep);

        var captured = await CaptureAsync(Encoding.UTF8.GetBytes("x" + text + "y"), OutputMarker.Format(_token));

        Assert.Equal(new string('ä', (Keep / 2) - 1) + "y", captured);
    }

    [Fact]
    public async Task EndAsync_NoUtf8_IsReplaced() => Assert.Equal("a\uFFFDb", await CaptureAsync([(byte)'a', 0xFF, (byte)'b'], OutputMarker.Format(_token)));

    [Fact]
    public async Task EndAsync_StreamEndsWithoutMarker_HasAllThatCame() => Assert.Equal("last words", await CaptureAsync("last "u8.ToArray(), "words"u8.ToArray()));

    [Fact]
    public async Task EndAsync_PrintedBetweenTasks_BelongsToNobody()
    {
        var next = Guid.NewGuid();
        var stream = new ChunkStream();
        var capture = new OutputCapture(stream, Keep);
        var pump = capture.PumpAsync();
        capture.Begin(_token);
        stream.Add([.. "first"u8, .. OutputMarker.Format(_token), .. "stray"u8]);
        var first = await capture.EndAsync(s_limit, TimeProvider.System);
        stream.Add("more of it"u8.ToArray());
        await stream.EmptiedAsync().WaitAsync(s_limit);

        capture.Begin(next);
        stream.Add([.. "second"u8, .. OutputMarker.Format(next)]);
        var second = await capture.EndAsync(s_limit, TimeProvider.System);
        stream.End();
        await pump.WaitAsync(s_limit);

        Assert.Equal(("first", "second"), (first, second));
    }

    [Fact]
    public async Task EndAsync_NothingComes_EndsAtTheLimit()
    {
        var stream = new ChunkStream();
        var capture = new OutputCapture(stream, Keep);
        _ = capture.PumpAsync();
        capture.Begin(_token);
        stream.Add("so far"u8.ToArray());
        await stream.EmptiedAsync().WaitAsync(s_limit);

        Assert.Equal("so far", await capture.EndAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System));
    }

    [Fact]
    public async Task EndAsync_PipeWithoutMarker_HasWhatWasPrintedBeforeAndNothingLater()
    {
        using var printer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var stream = new AnonymousPipeClientStream(PipeDirection.In, printer.ClientSafePipeHandle);
        var capture = new OutputCapture(stream, Keep, ReadablePipe.TryOpen(stream));
        var pump = Task.Factory.StartNew(capture.Pump, TaskCreationOptions.LongRunning);
        var texts = new List<string>();
        for (var task = 0; task < 1000; task++)
        {
            capture.Begin(Guid.Empty);
            printer.Write(Encoding.UTF8.GetBytes($"<{task}"));
            printer.Write(">"u8);
            texts.Add(await capture.EndAsync(TimeSpan.Zero, TimeProvider.System));
        }

        capture.Begin(Guid.Empty);
        var nothing = await capture.EndAsync(TimeSpan.Zero, TimeProvider.System);
        capture.Begin(Guid.Empty);
        printer.Write("last words"u8);
        printer.Dispose();
        await pump.WaitAsync(s_limit);

        Assert.False(capture.NeedsMarker);
        Assert.Equal(Enumerable.Range(0, 1000).Select(task => $"<{task}>"), texts);
        Assert.Equal(("", "last words"), (nothing, await capture.EndAsync(TimeSpan.Zero, TimeProvider.System)));
    }

    [Fact]
    public async Task EndAsync_PipeThatNobodyPumps_HasAllThatItHolds()
    {
        using var printer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var stream = new AnonymousPipeClientStream(PipeDirection.In, printer.ClientSafePipeHandle);
        var capture = new OutputCapture(stream, 16_384, ReadablePipe.TryOpen(stream));
        capture.Begin(Guid.Empty);
        printer.Write(new string('a', 30_000).Select(letter => (byte)letter).ToArray());
        printer.Write("end"u8);

        Assert.Equal(new string('a', 16_381) + "end", await capture.EndAsync(TimeSpan.Zero, TimeProvider.System));
    }

    [Fact]
    public async Task Pump_StreamClosedWhileItWaits_EndsWithTheLastPrinter()
    {
        var printer = new AnonymousPipeServerStream(PipeDirection.Out);
        var stream = new AnonymousPipeClientStream(PipeDirection.In, printer.ClientSafePipeHandle);
        var capture = new OutputCapture(stream, Keep, ReadablePipe.TryOpen(stream));
        var pump = Task.Factory.StartNew(capture.Pump, TaskCreationOptions.LongRunning);

        // Closing does not wait for the pump, and the pump only for the last who can print.
        await Task.Run(stream.Dispose).WaitAsync(s_limit);
        Assert.False(pump.IsCompleted);
        await printer.DisposeAsync();

        await pump.WaitAsync(s_limit);
    }

    [Fact]
    public async Task EndAsync_HundredMegabytes_AreReadWithoutAllocating()
    {
        var chunk = Enumerable.Repeat("flood, and more of it,\0TPEND"u8.ToArray(), 2340).SelectMany(bytes => bytes).ToArray();
        var stream = new ChunkStream();
        for (var count = 0; count < 1600; count++)
        {
            stream.Add(chunk);
        }

        stream.Add(OutputMarker.Format(_token));
        stream.End();
        var capture = new OutputCapture(stream, 16_384);
        capture.Begin(_token);
        var before = GC.GetAllocatedBytesForCurrentThread();

        // The stream never waits, so that all of it happens on this thread, here.
        await capture.PumpAsync();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(16_384, (await capture.EndAsync(s_limit, TimeProvider.System)).Length);
        Assert.InRange(allocated, 0, 1 << 20);
    }

    private async Task<string> CaptureAsync(params byte[][] chunks)
    {
        var stream = new ChunkStream();
        var capture = new OutputCapture(stream, Keep);
        capture.Begin(_token);
        Array.ForEach(chunks, stream.Add);
        stream.End();
        await capture.PumpAsync().WaitAsync(s_limit);
        return await capture.EndAsync(s_limit, TimeProvider.System);
    }
}
