using System.Text.Json;

namespace TaskPipeline.Deployment.Tests;

/// <summary>What can be said of an image without an engine that builds it.</summary>
public sealed class DockerfileTests
{
    private static readonly IReadOnlyList<Instruction> s_instructions = Parse(Repository.Read("TaskPipeline.Algorithm/Dockerfile"));

    private static IReadOnlyList<Instruction> Final => [.. s_instructions.Skip(s_instructions.ToList().FindLastIndex(instruction => instruction.Name == "FROM"))];

    [Fact]
    public void Stages_OfTheImage_ShareOneVersionAndNoneIsLatest()
    {
        var stages = s_instructions.Where(instruction => instruction.Name == "FROM").ToArray();

        Assert.Equal(2, stages.Length);
        Assert.All(stages, stage => Assert.Contains(":${DOTNET_VERSION} ", stage.Arguments, StringComparison.Ordinal));
        Assert.StartsWith("DOTNET_VERSION=10.", Assert.Single(s_instructions, instruction => instruction.Name == "ARG" && instruction.Arguments.StartsWith("DOTNET_VERSION", StringComparison.Ordinal)).Arguments, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfTheImage_RunsTheScriptThatIsTested()
    {
        var runs = s_instructions.Where(instruction => instruction.Name == "RUN").Select(run => run.Arguments).ToArray();

        Assert.Equal(2, runs.Length);
        Assert.EndsWith("deploy/build-worker.sh /app", runs[1], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "deploy/build-worker.sh")));
    }

    [Fact]
    public void Packages_OfTheBuild_AreTheLeastAndLeaveNoLists()
    {
        var install = s_instructions.Single(instruction => instruction.Arguments.Contains("apt-get install", StringComparison.Ordinal)).Arguments;

        Assert.Contains("--no-install-recommends", install, StringComparison.Ordinal);
        Assert.EndsWith("rm -rf /var/lib/apt/lists/*", install, StringComparison.Ordinal);
    }

    [Fact]
    public void User_OfTheImage_IsNotRootAndOwnsNothingOfIt()
    {
        var user = Final.Last(instruction => instruction.Name == "USER").Arguments;
        var copies = Final.Where(instruction => instruction.Name == "COPY").ToArray();

        Assert.Equal("$APP_UID", user);
        Assert.All(copies, copy => Assert.Contains("--chown=root:root", copy.Arguments, StringComparison.Ordinal));
        Assert.True(Final.ToList().FindIndex(instruction => instruction.Name == "USER") > Final.ToList().FindLastIndex(instruction => instruction.Name is "COPY" or "RUN"));
    }

    [Fact]
    public void Entrypoint_OfTheImage_IsNoShell()
    {
        var words = JsonSerializer.Deserialize<string[]>(Final.Single(instruction => instruction.Name == "ENTRYPOINT").Arguments);

        Assert.Equal(["dotnet", "TaskPipeline.Algorithm.dll"], words!);
        Assert.DoesNotContain(Final, instruction => instruction.Name is "CMD" or "RUN" or "ADD");
    }

    [Fact]
    public void Image_OfTheWorker_HasNoSecret() =>
        Assert.DoesNotContain(s_instructions, instruction => instruction.Name is "ENV" or "ARG" && (instruction.Arguments.Contains("secret", StringComparison.OrdinalIgnoreCase) || instruction.Arguments.Contains("password", StringComparison.OrdinalIgnoreCase)));

    [Fact]
    public void Context_OfTheBuild_LeavesOutWhatABuildMakes()
    {
        var ignored = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.TrimEntries);

        Assert.Superset(new HashSet<string> { "**/.git", "**/bin", "**/obj", "artifacts", "tests" }, ignored.ToHashSet());
        Assert.DoesNotContain("native", ignored);
        Assert.DoesNotContain("eng", ignored);
    }

    /// <summary>Joins continued lines, drops comments.</summary>
    private static IReadOnlyList<Instruction> Parse(string text) =>
    [
        .. text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', 2))
            .Select(words => new Instruction(words[0], string.Join(' ', words[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)))),
    ];

    private sealed record Instruction(string Name, string Arguments);
}
