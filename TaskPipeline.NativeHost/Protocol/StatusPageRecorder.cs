using System.Runtime.InteropServices;

namespace TaskPipeline.NativeHost.Protocol;

/// <summary>
/// The host's side of a status page. Makes no system call and waits for nobody but another thread of the same run that is writing
/// a stage. <see cref="Progress"/> and <see cref="ShouldStop"/> may be called from any thread while the task runs.
/// </summary>
internal readonly ref struct StatusPageRecorder(Span<byte> page)
{
    private readonly Span<byte> _page = page;

    /// <summary>Forgets the task before and names the one that starts.</summary>
    public void Begin(ulong sequence)
    {
        Volatile.Write(ref Word64(StatusPageLayout.ProgressCalls), 0);
        Volatile.Write(ref Word32(StatusPageLayout.Percent), 0);
        Volatile.Write(ref Word32(StatusPageLayout.Regressions), 0);
        WriteStage([]);

        // Last: whoever finds the number finds nothing of the task before.
        Volatile.Write(ref Word64(StatusPageLayout.ReportedSequence), sequence);
        Volatile.Write(ref Word64(StatusPageLayout.RunningSequence), sequence);
    }

    /// <summary>The task is over. What it reported last stays readable.</summary>
    public void End() => Volatile.Write(ref Word64(StatusPageLayout.RunningSequence), 0);

    /// <param name="percent">Moved into 0 to 100.</param>
    /// <param name="stage">The stage, shortened between two characters to 255 bytes.</param>
    /// <param name="keepStage">The stage stays as it is.</param>
    public void Progress(int percent, ReadOnlySpan<byte> stage, bool keepStage)
    {
        var clamped = (uint)Math.Clamp(percent, 0, 100);
        if (clamped < Volatile.Read(ref Word32(StatusPageLayout.Percent)))
        {
            Interlocked.Increment(ref Word32(StatusPageLayout.Regressions));
        }

        Volatile.Write(ref Word32(StatusPageLayout.Percent), clamped);
        if (!keepStage)
        {
            WriteStage(Shorten(stage));
        }

        Interlocked.Increment(ref Word64(StatusPageLayout.ProgressCalls));
    }

    /// <summary>Whether the worker asked the running task to stop.</summary>
    public bool ShouldStop()
    {
        var running = Volatile.Read(ref Word64(StatusPageLayout.RunningSequence));
        return running != 0 && Volatile.Read(ref Word64(StatusPageLayout.StopSequence)) == running;
    }

    private void WriteStage(ReadOnlySpan<byte> stage)
    {
        ref var version = ref Word32(StatusPageLayout.StageVersion);
        var spinner = default(SpinWait);
        uint before;
        while (((before = Volatile.Read(ref version)) & 1) != 0 || Interlocked.CompareExchange(ref version, before + 1, before) != before)
        {
            spinner.SpinOnce();
        }

        // The exchange is a full barrier, the last write a release: the reader sees an odd version or a whole stage.
        Word32(StatusPageLayout.StageLength) = (uint)stage.Length;
        stage.CopyTo(_page[StatusPageLayout.Stage..]);
        Volatile.Write(ref version, before + 2);
    }

    private static ReadOnlySpan<byte> Shorten(ReadOnlySpan<byte> stage)
    {
        if (stage.Length <= StatusPageLayout.MaxStageBytes)
        {
            return stage;
        }

        var length = StatusPageLayout.MaxStageBytes;
        while (length > 0 && (stage[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return stage[..length];
    }

    private ref ulong Word64(int offset) => ref MemoryMarshal.AsRef<ulong>(_page[offset..]);

    private ref uint Word32(int offset) => ref MemoryMarshal.AsRef<uint>(_page[offset..]);
}
