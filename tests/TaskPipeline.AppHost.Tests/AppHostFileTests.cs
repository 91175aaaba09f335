namespace TaskPipeline.AppHost.Tests;

/// <summary>The topology as a text, which is there whether or not Aspire's packages are.</summary>
public sealed class AppHostFileTests
{
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(FindRoot(), "TaskPipeline.AppHost/AppHost.cs"));

    [Fact]
    public void Topology_InOneFile_HasUnderSixtyLines() => Assert.InRange(s_lines.Length, 20, 59);

    [Theory]
    [InlineData("\"rabbitmq\"")]
    [InlineData("\"redis\"")]
    [InlineData("\"api\"")]
    [InlineData("\"algorithm\"")]
    [InlineData("https+http://api")]
    public void Topology_InOneFile_NamesWhatTheServicesAskFor(string name) => Assert.Contains(s_lines, line => line.Contains(name, StringComparison.Ordinal));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TaskPipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run outside of the repository");
    }
}
