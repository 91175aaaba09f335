using CsCheck;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests.Protocol;

public sealed class HostFrameReaderTests
{
    private const int FuzzRounds = 20_000;

    [Fact]
    public void Read_WhatWasWritten_IsTheSameInPiecesOfAnySize()
    {
        var request = Frames.Request("{\"a\":1}"u8.ToArray());
        var reply = Frames.Reply("[1,2]"u8.ToArray());
        var writer = new HostFrameWriter();
        byte[] all = [.. new Hello(65536, 4711, 0.25).WriteTo(writer).ToArray(), .. request.WriteTo(writer).ToArray(), .. reply.WriteTo(writer).ToArray()];
        for (var piece = 1; piece <= all.Length; piece++)
        {
            var reader = new HostFrameReader(new PieceStream(all, piece));

            Assert.Equal(new Hello(65536, 4711, 0.25), Hello.Parse(reader.Read()!.Value));
            var parsed = RunRequest.Parse(reader.Read()!.Value);
            Assert.Equal(request.Input.ToArray(), parsed.Input.ToArray());
            Assert.Equal(request with { Input = default }, parsed with { Input = default });
            var answered = FinishedReply.Parse(reader.Read()!.Value);
            Assert.Equal(reply.Result!.Value.ToArray(), answered.Result!.Value.ToArray());
            Assert.Equal(reply with { Result = null }, answered with { Result = null });
            Assert.Null(reader.Read());
        }
    }

    [Fact]
    public void Read_RandomBytes_GivesFramesOrAProtocolErrorAndNothingElse() =>
        Gen.Byte.Array[0, 300].Sample(bytes => ReadAll(bytes), iter: FuzzRounds);

    [Fact]
    public void Read_GoodFramesWithBytesChanged_GivesFramesOrAProtocolErrorAndNothingElse()
    {
        var writer = new HostFrameWriter();
        byte[] good = [.. Frames.Request("{}"u8.ToArray()).WriteTo(writer).ToArray(), .. Frames.Reply("1"u8.ToArray()).WriteTo(writer).ToArray(), .. new Hello(1, 1, 0).WriteTo(writer).ToArray()];

        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[1, good.Length]).Sample(
            (first, firstByte, second, secondByte, length) =>
            {
                byte[] changed = [.. good];
                changed[first] = firstByte;
                changed[second] = secondByte;
                return ReadAll(changed[..length]);
            },
            iter: FuzzRounds);
    }

    [Fact]
    public void Read_LengthOverTheLimit_IsRefusedBeforeItIsRead()
    {
        var reader = new HostFrameReader(new PieceStream([0x01, 0x00, 0x10, 0x00, (byte)'H'], 5));

        Assert.Throws<HostProtocolException>(() => reader.Read());
    }

    [Fact]
    public void Read_CutOff_IsAProtocolError()
    {
        var cut = Frames.Reply("1"u8.ToArray()).WriteTo(new HostFrameWriter())[..^1].ToArray();
        var reader = new HostFrameReader(new PieceStream(cut, cut.Length));

        Assert.Throws<HostProtocolException>(() => reader.Read());
    }

    /// <summary>Reads and parses all; true unless something is thrown that may not be.</summary>
    private static bool ReadAll(byte[] bytes)
    {
        var reader = new HostFrameReader(new PieceStream(bytes, 7));
        try
        {
            while (reader.Read() is { } frame)
            {
                switch (frame.Kind)
                {
                    case HostFrameKind.Hello:
                        Hello.Parse(frame);
                        break;
                    case HostFrameKind.Run:
                        RunRequest.Parse(frame);
                        break;
                    case HostFrameKind.Finished:
                        FinishedReply.Parse(frame);
                        break;
                    case HostFrameKind.Exit:
                    default:
                        break;
                }
            }
        }
        catch (HostProtocolException)
        {
            // What a reader may say to bytes that are no frames.
        }

        return true;
    }
}
