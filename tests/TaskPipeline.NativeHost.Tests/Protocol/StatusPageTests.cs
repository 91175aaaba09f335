using System.Diagnostics;
using System.Globalization;
using System.Text;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests.Protocol;

public sealed class StatusPageTests
{
    private readonly byte[] _page = new byte[StatusPageLayout.Bytes];

    [Fact]
    public void Progress_OutOfRange_IsMovedIntoIt()
    {
        var recorder = new StatusPageRecorder(_page);
        recorder.Begin(1);

        recorder.Progress(400, "x"u8, keepStage: false);
        Assert.Equal(100, BitConverter.ToInt32(_page, StatusPageLayout.Percent));

        recorder.Progress(-7, default, keepStage: true);
        Assert.Equal(0, BitConverter.ToInt32(_page, StatusPageLayout.Percent));
        Assert.Equal(1U, BitConverter.ToUInt32(_page, StatusPageLayout.Regressions));
    }

    [Fact]
    public void Progress_LongStage_IsCutBetweenCharacters()
    {
        var recorder = new StatusPageRecorder(_page);
        recorder.Begin(1);

        recorder.Progress(1, Encoding.UTF8.GetBytes(new string('ä', 200)), keepStage: false);

        Assert.Equal(254, BitConverter.ToInt32(_page, StatusPageLayout.StageLength));
    }

    [Fact]
    public void ShouldStop_RequestForAnotherTask_IsNone()
    {
        var recorder = new StatusPageRecorder(_page);
        BitConverter.TryWriteBytes(_page.AsSpan(StatusPageLayout.StopSequence), 1UL);

        recorder.Begin(2);
        Assert.False(recorder.ShouldStop());

        recorder.Begin(1);
        Assert.True(recorder.ShouldStop());
    }

    [Fact]
    public async Task Create_File_HasItsPlaceOnTheDisk()
    {
        var path = Path.Combine(Path.GetTempPath(), $"tp-page-{Guid.NewGuid():N}");
        using var monitor = StatusPageMonitor.Create(path);
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;

        var blocks = await stat.StandardOutput.ReadToEndAsync();
        await stat.WaitForExitAsync();
        File.Delete(path);

        // None: it would get its place when it is first touched, and whoever touches it then is ended if the disk is full.
        Assert.NotEqual(0, int.Parse(blocks, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Sample_TaskThatHasNotBegun_HasNothingOfTheOneBefore()
    {
        var path = Path.Combine(Path.GetTempPath(), $"tp-page-{Guid.NewGuid():N}");
        using var monitor = StatusPageMonitor.Create(path);
        new StatusPageRecorder(_page).Begin(1);
        new StatusPageRecorder(_page).Progress(40, "of the first"u8, keepStage: false);
        new StatusPageRecorder(_page).End();
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Write(_page);
        }

        File.Delete(path);

        Assert.Equal(new StatusSample(1, 40, "of the first"), monitor.Sample(1));
        Assert.Equal(default, monitor.Sample(2));
    }

    [Fact]
    public void Sample_PageFullOfGarbage_IsInRange()
    {
        var path = Path.Combine(Path.GetTempPath(), $"tp-page-{Guid.NewGuid():N}");
        using var monitor = StatusPageMonitor.Create(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Write(Enumerable.Repeat((byte)0xFE, StatusPageLayout.Bytes).ToArray());
        }

        var sample = monitor.Sample(0xFEFEFEFE_FEFEFEFE);
        File.Delete(path);

        Assert.InRange(sample.Percent, 0, 100);
        Assert.True(sample.Stage is null || sample.Stage.Length <= StatusPageLayout.MaxStageBytes);
    }
}
