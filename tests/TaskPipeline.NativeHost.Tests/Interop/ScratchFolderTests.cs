using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost.Tests.Interop;

public sealed class ScratchFolderTests : IDisposable
{
    /// <summary>From then on the time of a folder alone tells whether it was changed.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(4.1);

    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("tp-scratch-");
    private readonly ScratchFolder _folder = new();

    private string Path => System.IO.Path.Combine(_parent.FullName, "1");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IsUntouched_NothingHappens_IsTrueEachTime(bool settled)
    {
        await EnterAsync(settled);

        Assert.True(_folder.IsUntouched());
        _folder.Enter(Path);
        Assert.True(_folder.IsUntouched());
    }

    [Theory]
    [InlineData("file", false)]
    [InlineData("file", true)]
    [InlineData("file that is gone again", false)]
    [InlineData("file that is gone again", true)]
    [InlineData("folder", true)]
    [InlineData("mode", false)]
    [InlineData("mode", true)]
    [InlineData("link in its place", true)]
    [InlineData("folder in its place", false)]
    [InlineData("gone", true)]
    public async Task IsUntouched_SomethingIsChanged_IsFalseUnlessItIsEmptyAndNew(string what, bool settled)
    {
        await EnterAsync(settled);

        Change(what);

        // What left no trace does no harm: an entry that came and went while the folder was new may go unnoticed.
        var untouched = _folder.IsUntouched();
        Assert.True(!untouched || (what == "file that is gone again" && !settled), what);
    }

    [Fact]
    public void IsUntouched_NoFolder_IsFalse()
    {
        _folder.Enter("");
        Assert.False(_folder.IsUntouched());

        _folder.Enter(System.IO.Path.Combine(_parent.FullName, "none"));
        Assert.False(_folder.IsUntouched());
    }

    [Fact]
    public async Task IsUntouched_FolderThatWasNeverEmpty_IsFalse()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "inside"));
        await EnterAsync(settled: true);

        Assert.False(_folder.IsUntouched());
    }

    public void Dispose() => _parent.Delete(recursive: true);

    private async Task EnterAsync(bool settled)
    {
        Directory.CreateDirectory(Path);
        _folder.Enter(Path);
        if (settled)
        {
            await Task.Delay(s_settled, TimeProvider.System, CancellationToken.None);
            _folder.IsUntouched();
            _folder.Enter(Path);
        }
    }

    private void Change(string what)
    {
        var inside = System.IO.Path.Combine(Path, "inside");
        switch (what)
        {
            case "file":
                File.WriteAllText(inside, "");
                break;
            case "file that is gone again":
                File.WriteAllText(inside, "");
                File.Delete(inside);
                break;
            case "folder":
                Directory.CreateDirectory(inside);
                break;
            case "mode" when !OperatingSystem.IsWindows():
                File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
                break;
            case "link in its place":
                Directory.Move(Path, Path + "-moved");
                Directory.CreateSymbolicLink(Path, Path + "-moved");
                break;
            case "folder in its place":
                Directory.Move(Path, Path + "-moved");
                Directory.CreateDirectory(Path);
                break;
            default:
                Directory.Delete(Path);
                break;
        }
    }
}
