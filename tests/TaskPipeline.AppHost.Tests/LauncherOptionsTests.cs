using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.AppHost.Tests;

public sealed class LauncherOptionsTests
{
    [Fact]
    public void Parse_Nothing_GivesTheDefaults()
    {
        var options = LauncherOptions.Parse([]);

        Assert.Equal((5080, 1, 2, false, null), (options.Port, options.Apis, options.Workers, options.Faults, options.Data));
        Assert.Equal((Math.Max(2, Environment.ProcessorCount), 1), (options.Slots, options.Shards));
    }

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        var options = LauncherOptions.Parse(["--port", "6000", "--apis", "2", "--workers", "3", "--slots", "7", "--shards", "16", "--faults", "--data", "some/where"]);

        Assert.Equal((6000, 2, 3, 7, 16, true), (options.Port, options.Apis, options.Workers, options.Slots, options.Shards, options.Faults));
        Assert.Equal(Path.GetFullPath("some/where"), options.Data);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("nonsense")]
    [InlineData("--port")]
    [InlineData("--port", "0")]
    [InlineData("--port", "99999")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "five")]
    [InlineData("--apis", "0")]
    [InlineData("--workers", "101")]
    [InlineData("--slots", "1.5")]
    [InlineData("--slots", "1025")]
    [InlineData("--shards")]
    [InlineData("--shards", "0")]
    [InlineData("--shards", "3")]
    [InlineData("--shards", "512")]
    [InlineData("--shards", "four")]
    [InlineData("--data")]
    [InlineData("--data", "")]
    [InlineData("--data", "--faults")]
    public void Parse_BadArguments_AreRefused(params string[] arguments) =>
        Assert.Throws<UsageException>(() => LauncherOptions.Parse(arguments));

    [Fact]
    public void Parse_ShardsAreNoPowerOfTwo_SaysWhatTheyMustBe() => Assert.Equal(
        "--shards must be a power of two from 1 to 256", Assert.Throws<UsageException>(() => LauncherOptions.Parse(["--shards", "12"])).Message);

    [Fact]
    public void Usage_NamesEveryOption() => Assert.All(
        (string[])["--port", "--apis", "--workers", "--slots", "--shards", "--faults", "--data", "--help"],
        option => Assert.Contains(option, LauncherOptions.Usage, StringComparison.Ordinal));

    [Fact]
    public void Usage_AgainstTheOperationsPage_HasTheSameFlags()
    {
        var rows = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "operations.md")).Split("\n### The launcher\n")[1].Split("\n##")[0]
            .Split('\n').Where(line => line.StartsWith("| `--", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);
        var usage = LauncherOptions.Usage.Split('\n').Where(line => line.StartsWith("  --", StringComparison.Ordinal))
            .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries)[0].Trim());

        Assert.Equal(usage, rows);
    }

    [Fact]
    public void DataFolder_InUse_IsRefusedUntilItIsFree()
    {
        var path = Path.Combine(Path.GetTempPath(), $"taskpipeline-test-{Guid.NewGuid():N}");
        try
        {
            using (DataFolder.Open(path))
            {
                Assert.Throws<LaunchException>(() => DataFolder.Open(path));
            }

            using var again = DataFolder.Open(path);
            Assert.True(Directory.Exists(again.Path));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
