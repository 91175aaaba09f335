using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class WorkFolderTests : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("tp-work-");

    [Fact]
    public void Dispose_LeavesNothing()
    {
        var work = Open();
        File.WriteAllText(Path.Combine(work.CreateHostFolder(), "page"), "");

        work.Dispose();

        Assert.Empty(_parent.EnumerateFileSystemInfos());
    }

    [Fact]
    public void Open_BesideALivingWorker_LeavesItAlone()
    {
        using var living = Open();
        var folder = living.CreateHostFolder();

        using var other = Open();

        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public void Open_AfterAWorkerThatWasKilled_RemovesWhatItLeft()
    {
        // A lock that nobody holds is what the kernel leaves of a killed worker.
        var left = _parent.CreateSubdirectory("taskpipeline-worker-dead");
        File.WriteAllText(left.FullName + ".lock", "");
        File.WriteAllText(Path.Combine(left.CreateSubdirectory("1").FullName, "page"), "");

        using var work = Open();

        Assert.False(Directory.Exists(left.FullName));
        Assert.False(File.Exists(left.FullName + ".lock"));
    }

    [Fact]
    public async Task Open_FolderThatCannotBeRemoved_LeavesItToTheNext()
    {
        var left = _parent.CreateSubdirectory("taskpipeline-worker-dead");
        await File.WriteAllTextAsync(left.FullName + ".lock", "");
        await NamelessFile.CreateAsync(left.FullName);

        Open().Dispose();
        var isKept = File.Exists(left.FullName + ".lock");
        await NamelessFile.RemoveAsync(left.FullName);
        Open().Dispose();

        Assert.True(isKept);
        Assert.Empty(_parent.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task Dispose_FolderThatCannotBeRemoved_LeavesItToTheNext()
    {
        var work = Open();
        var folder = work.CreateHostFolder();
        await NamelessFile.CreateAsync(folder);

        work.Dispose();
        await NamelessFile.RemoveAsync(folder);
        Open().Dispose();

        Assert.Empty(_parent.EnumerateFileSystemInfos());
    }

    public void Dispose() => _parent.Delete(recursive: true);

    private WorkFolder Open() => new(
        new OptionsWrapper<NativeHostOptions>(new NativeHostOptions { WorkDirectory = _parent.FullName }), NullLogger<WorkFolder>.Instance);
}
