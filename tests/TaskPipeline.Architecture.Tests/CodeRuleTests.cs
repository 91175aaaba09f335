using System.Reflection;
using System.Text.RegularExpressions;

namespace TaskPipeline.Architecture.Tests;

/// <summary>What no code of the product may do, wherever it stands.</summary>
public sealed partial class CodeRuleTests
{
    [Fact]
    public void NativeFunctions_AreDeclaredOnlyByTheHost()
    {
        Assert.All(Repository.Assemblies, assembly => Assert.Equal(assembly == Repository.NativeHost, assembly.Types.Any(type => type.HasPInvoke)));
        Assert.DoesNotContain(Launcher(), file => NativeImport().IsMatch(File.ReadAllText(file)));
    }

    [Fact]
    public void UnsafeCode_IsAllowedOnlyInTheHost()
    {
        Assert.All(Repository.Assemblies, assembly => Assert.Equal(assembly == Repository.NativeHost, assembly.HasUnsafeCode));
        Assert.Equal(
            ["TaskPipeline.NativeHost"],
            Repository.Projects.Where(project => Repository.ProjectFile(project).Descendants("AllowUnsafeBlocks").Any()));
    }

    [Fact]
    public void Clock_IsReadThroughTimeProviderOnly() => NoCalls(
        "System.DateTime::get_Now", "System.DateTime::get_UtcNow", "System.DateTime::get_Today", "System.DateTimeOffset::get_Now",
        "System.DateTimeOffset::get_UtcNow", "System.Diagnostics.Stopwatch::StartNew", "System.Diagnostics.Stopwatch::GetTimestamp");

    [Fact]
    public void Threads_AreNeverPutToSleepOrBlockedOnTasks() => NoCalls(
        "System.Threading.Thread::Sleep", "System.Threading.Tasks.Task::Wait", "System.Threading.Tasks.Task`1::get_Result");

    [Fact]
    public void Logs_AreWrittenByGeneratedMethodsOnly()
    {
        var direct = from assembly in Repository.Assemblies
                     from type in assembly.Types
                     from call in type.Calls
                     where call.StartsWith("Microsoft.Extensions.Logging.LoggerExtensions::Log", StringComparison.Ordinal)
                     select $"{type.FullName}: {call}";
        var generated = Repository.Assemblies.SelectMany(assembly => assembly.Types).Where(type => type.Calls.Contains("Microsoft.Extensions.Logging.ILogger::Log"));

        Assert.Empty(direct);
        Assert.All(generated, type => Assert.Equal("Log", type.Name));
        Assert.NotEmpty(generated);
    }

    [Fact]
    public void Classes_AreSealedStaticOrAbstract()
    {
        // Static classes are both abstract and sealed. A record that another one extends is open for that one.
        var extended = Repository.Assemblies.SelectMany(assembly => assembly.Types).Select(type => type.Base).ToHashSet();
        var open = from assembly in Repository.Assemblies
                   from type in assembly.Types
                   where type.Namespace.StartsWith("TaskPipeline.", StringComparison.Ordinal) && !extended.Contains(type.FullName)
                   where (type.Attributes & (TypeAttributes.ClassSemanticsMask | TypeAttributes.Sealed | TypeAttributes.Abstract)) == TypeAttributes.Class
                   select type.FullName;

        Assert.Empty(open);
    }

    [Fact]
    public void Suppressions_CarryAReason()
    {
        var bare = from project in Repository.Projects
                   from file in Repository.Sources(project, "*.cs")
                   from line in File.ReadLines(file)
                   where line.Contains("#pragma warning disable", StringComparison.Ordinal) && !line.Contains("//", StringComparison.Ordinal)
                   select $"{Path.GetFileName(file)}: {line.Trim()}";

        Assert.Empty(bare);
    }

    [Fact]
    public void PackageVersions_StandInOneFile()
    {
        var versioned = from file in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
                        from reference in System.Xml.Linq.XDocument.Load(file).Descendants("PackageReference")
                        where reference.Attribute("Version") is not null || reference.Element("Version") is not null
                        select $"{Path.GetFileName(file)}: {reference.Attribute("Include")?.Value}";

        Assert.Empty(versioned);
    }

    [Fact]
    public void Entry_OfEachService_OnlyComposes()
    {
        foreach (var project in (string[])["TaskPipeline.Api", "TaskPipeline.Algorithm"])
        {
            var statements = File.ReadLines(Repository.PathOf(project, "Program.cs"))
                .Where(line => line.Length > 0 && !line.StartsWith("using ", StringComparison.Ordinal) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
                .ToArray();

            Assert.True(statements.Length <= 40, $"{project}: {statements.Length} lines");
            Assert.DoesNotContain(statements, line => Branch().IsMatch(line));
        }
    }

    [Fact]
    public void PublicHeader_IncludesTheStandardLibraryOnly()
    {
        var headers = Repository.Sources(Path.Combine("native", "include"), "*.h").ToArray();

        Assert.NotEmpty(headers);
        Assert.All(headers, header => Assert.DoesNotContain(
            File.ReadLines(header).Where(line => line.TrimStart().StartsWith("#include \"", StringComparison.Ordinal)),
            line => !File.Exists(Path.Combine(Path.GetDirectoryName(header)!, line.Split('"')[1]))));
    }

    [Fact]
    public void Examples_UseThePublicHeaderOnly()
    {
        // They stand for code of other people, who have nothing else.
        var own = from file in Repository.Sources(Path.Combine("native", "examples"), "*.c*")
                  from line in File.ReadLines(file)
                  where line.StartsWith("#include", StringComparison.Ordinal) && line.Contains("taskpipeline", StringComparison.Ordinal)
                  select line.Split('"', '<', '>')[1];

        Assert.NotEmpty(own);
        Assert.All(own, name => Assert.True(File.Exists(Repository.PathOf("native", "include", name)), name));
    }

    private static void NoCalls(params string[] banned)
    {
        var found = from assembly in Repository.Assemblies
                    from type in assembly.Types
                    from call in type.Calls.Intersect(banned)
                    select $"{type.FullName}: {call}";

        Assert.Empty(found);
    }

    /// <summary>The launcher is not built in every mode: its source is read.</summary>
    private static IEnumerable<string> Launcher() => Repository.Sources("TaskPipeline.AppHost", "*.cs");

    [GeneratedRegex(@"\[(Dll|Library)Import|\bunsafe\b")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"^\s*(if|for|foreach|while|switch|try)\b")]
    private static partial Regex Branch();
}
