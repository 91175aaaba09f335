using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class ScratchFoldersTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-scratch-");

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, false)]
    public void Exceeds_FilesInSubfolders_CountTogether(long limit, bool expected)
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "one"), new byte[100]);
        File.WriteAllBytes(Path.Combine(_folder.CreateSubdirectory("a/b").FullName, ".two"), new byte[200]);

        Assert.Equal(expected, ScratchFolders.Exceeds(_folder.FullName, limit));
    }

    [Fact]
    public void Exceeds_LinkToEverything_IsNotFollowed()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.FullName, "root"), "/");

        Assert.False(ScratchFolders.Exceeds(_folder.FullName, 1000));
    }

    [Fact]
    public void Exceeds_FolderThatIsGone_IsNoError() => Assert.False(ScratchFolders.Exceeds(Path.Combine(_folder.FullName, "gone"), 1));

    [Fact]
    public void Remove_LinkToAFolder_LeavesTheFolder()
    {
        var kept = _folder.CreateSubdirectory("kept");
        var scratch = new ScratchFolders(_folder.FullName).Create(7);
        Directory.CreateSymbolicLink(Path.Combine(scratch, "link"), kept.FullName);

        ScratchFolders.Remove(scratch);

        Assert.Equal(["kept"], _folder.EnumerateFileSystemInfos().Select(entry => entry.Name));
    }

    [Fact]
    public void Release_UntouchedFolder_BecomesThatOfTheNextTask()
    {
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);

        folders.Release(first, untouched: true);

        Assert.Equal(first, folders.Create(2));
        Assert.Equal(["1"], _folder.EnumerateFileSystemInfos().Select(entry => entry.Name));
        Assert.Equal(Path.Combine(_folder.FullName, "3"), folders.Create(3));
    }

    [Fact]
    public void Release_TouchedFolder_IsRemovedAndTheNextIsNew()
    {
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);
        File.WriteAllText(Path.Combine(first, "left"), "behind");

        folders.Release(first, untouched: false);

        Assert.Empty(_folder.EnumerateFileSystemInfos());
        Assert.Equal(Path.Combine(_folder.FullName, "2"), folders.Create(2));
    }

    [Fact]
    public void Release_FolderThatItsOwnerMayNotChange_IsRemoved()
    {
        // Whoever is root may change it all the same: this proves something to others only.
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);
        var closed = Directory.CreateDirectory(Path.Combine(first, "outer", "closed"));
        File.WriteAllText(Path.Combine(closed.FullName, "left"), "behind");
        if (!OperatingSystem.IsWindows())
        {
            closed.UnixFileMode = closed.Parent!.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserExecute;
        }

        Assert.True(folders.Release(first, untouched: false));

        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task Release_FileWhoseNameIsNoUtf8_SaysThatItIsLeft()
    {
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);
        await NamelessFile.CreateAsync(first);

        var isGone = folders.Release(first, untouched: false);
        await NamelessFile.RemoveAsync(first);

        Assert.False(isGone);
        Assert.True(folders.Release(first, untouched: false));
    }

    [Fact]
    public void Release_FolderReplacedByAFile_SaysThatItIsLeft()
    {
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);
        Directory.Delete(first);
        File.WriteAllText(first, "in its place");

        Assert.False(folders.Release(first, untouched: false));
    }

    [Fact]
    public void Release_FolderReplacedByALink_LeavesWhatTheLinkNames()
    {
        var folders = new ScratchFolders(_folder.FullName);
        var first = folders.Create(1);
        Directory.Delete(first);
        Directory.CreateSymbolicLink(first, Path.GetTempPath());

        folders.Release(first, untouched: false);

        Assert.Empty(_folder.EnumerateFileSystemInfos());
        Assert.True(Directory.Exists(Path.GetTempPath()));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
