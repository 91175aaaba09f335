using System.Xml.Linq;

namespace TaskPipeline.Architecture.Tests;

/// <summary>Who may use whom, between projects and between the folders of one.</summary>
public sealed class DependencyTests
{
    private const string Redis = "StackExchange.Redis";
    private const string RabbitMq = "RabbitMQ.Client";
    private const string Http = "Microsoft.AspNetCore";

    /// <summary>What each project refers to, and nothing else.</summary>
    public static TheoryData<string, string[]> ProjectReferences => new()
    {
        { "TaskPipeline.Contracts", [] },
        { "TaskPipeline.NativeHost", [] },
        { "TaskPipeline.ServiceDefaults", [] },
        { "TaskPipeline.Api", ["TaskPipeline.Contracts", "TaskPipeline.ServiceDefaults"] },
        // The host only as a process: it is built, never loaded.
        { "TaskPipeline.Algorithm", ["TaskPipeline.Contracts", "TaskPipeline.NativeHost", "TaskPipeline.ServiceDefaults"] },
        { "TaskPipeline.AppHost", ["TaskPipeline.Algorithm", "TaskPipeline.Api"] },
    };

    [Theory]
    [MemberData(nameof(ProjectReferences))]
    public void ProjectReferences_OfEachProject_AreThoseOfTheDesign(string project, string[] expected)
    {
        var actual = Repository.ProjectFile(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Distinct().Order();

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void AssemblyReferences_OfOurs_AreThoseOfTheDesign()
    {
        Assert.Equal(["TaskPipeline.Contracts", "TaskPipeline.ServiceDefaults"], Ours(Repository.Api));
        Assert.Equal(["TaskPipeline.Contracts", "TaskPipeline.ServiceDefaults"], Ours(Repository.Algorithm));
        Assert.Empty(Ours(Repository.Contracts));
        Assert.Empty(Ours(Repository.ServiceDefaults));
        Assert.Empty(Ours(Repository.NativeHost));

        static IEnumerable<string> Ours(ProductAssembly assembly) =>
            assembly.References.Where(name => name.StartsWith("TaskPipeline.", StringComparison.Ordinal)).Order();
    }

    [Theory]
    [InlineData("TaskPipeline.Contracts")]
    [InlineData("TaskPipeline.NativeHost")]
    public void Leaves_ReferToNoPackage(string project) =>
        Assert.Empty(Repository.ProjectFile(project).Descendants("PackageReference"));

    [Fact]
    public void Contracts_ReferToTheFrameworkOnly() =>
        Assert.All(Repository.Contracts.References, name => Assert.StartsWith("System.", name, StringComparison.Ordinal));

    [Fact]
    public void NativeHost_IsReferredToAsAProcessOnly()
    {
        var reference = Repository.ProjectFile("TaskPipeline.Algorithm").Descendants("ProjectReference").Single(IsNativeHost);

        Assert.Equal("false", reference.Attribute("ReferenceOutputAssembly")?.Value);

        static bool IsNativeHost(XElement reference) => reference.Attribute("Include")!.Value.Contains("NativeHost", StringComparison.Ordinal);
    }

    [Fact]
    public void Worker_NeverUsesRedis()
    {
        Assert.DoesNotContain(Redis, Repository.Algorithm.References);
        OnlyIn(Repository.Algorithm, [], Redis);
    }

    [Fact]
    public void Redis_IsUsedOnlyWhereTheApiStoresAndListens() => OnlyIn(Repository.Api, ["Storage", "Events", "Cancellation"], Redis);

    [Fact]
    public void RabbitMq_IsUsedOnlyWhereMessagesGoOutAndComeIn()
    {
        OnlyIn(Repository.Api, ["Publishing"], RabbitMq);
        OnlyIn(Repository.Algorithm, ["Consuming", "Cancellation"], RabbitMq);
    }

    [Fact]
    public void HttpClients_AreUsedOnlyForCallbacks()
    {
        OnlyIn(Repository.Api, [], "System.Net.Http.HttpClient");
        OnlyIn(Repository.Algorithm, ["Callbacks"], "System.Net.Http.HttpClient");
    }

    [Fact]
    public void Processes_AreStartedOnlyWhereHostsAre()
    {
        string[] types = ["System.Diagnostics.Process", "System.Diagnostics.ProcessStartInfo"];
        OnlyIn(Repository.Api, [], types);
        OnlyIn(Repository.Algorithm, ["NativeHosts"], types);
    }

    [Fact]
    public void State_IsPure()
    {
        // Time, and everything else that could differ from one call to the next, is passed in.
        string[] allowed = ["TaskPipeline.Api.State", "TaskPipeline.Contracts", "System"];
        string[] forbidden = ["System.IO", "System.Net", "System.Threading", "System.TimeProvider", "System.Random", "System.Environment", "System.Console"];
        var types = Repository.Api.Folder("State").ToArray();

        Assert.NotEmpty(types);
        Assert.All(types, type =>
        {
            Assert.All(type.Uses.Where(used => !used.StartsWith(".<", StringComparison.Ordinal)), used => Assert.Contains(allowed, name => used.StartsWith(name + ".", StringComparison.Ordinal)));
            Assert.False(type.UsesAny(forbidden), $"{type.FullName} is not pure");
        });
    }

    [Theory]
    [InlineData("State")]
    [InlineData("Storage")]
    [InlineData("Publishing")]
    [InlineData("Timers")]
    public void HttpTypes_DoNotReachBehindTheEndpoints(string folder)
    {
        var types = Repository.Api.Folder(folder).ToArray();

        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.False(type.UsesAny(Http), $"{type.FullName} uses HTTP"));
    }

    [Fact]
    public void Endpoints_DoNotCallEachOther()
    {
        var endpoints = Repository.Api.Types.Where(type => type.Name.EndsWith("Api", StringComparison.Ordinal)).ToArray();

        Assert.True(endpoints.Length >= 3, "the endpoint classes were not found");
        Assert.All(endpoints, type => Assert.DoesNotContain(type.Uses, used => used != type.FullName && endpoints.Any(other => other.FullName == used)));
    }

    /// <summary>The folders of the worker and those they may not use: arrows go from what consumes to what runs, results come back as values.</summary>
    [Theory]
    [InlineData("NativeHosts", "Scheduling", "Consuming", "Cancellation", "Callbacks")]
    [InlineData("Scheduling", "Consuming", "Cancellation")]
    [InlineData("Callbacks", "Consuming", "Cancellation")]
    [InlineData("Diagnostics", "Consuming", "Cancellation", "Callbacks", "NativeHosts")]
    public void Worker_HasNoArrowBack(string folder, params string[] forbidden)
    {
        var types = Repository.Algorithm.Folder(folder).ToArray();

        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.False(
            type.UsesAny([.. forbidden.Select(name => $"TaskPipeline.Algorithm.{name}")]), $"{type.FullName} uses one of {string.Join(", ", forbidden)}"));
    }

    [Fact]
    public void Callbacks_KnowRunningTasksOnlyForTheHeartbeat()
    {
        var users = Repository.Algorithm.Folder("Callbacks").Where(type => type.UsesAny("TaskPipeline.Algorithm.Scheduling")).Select(type => type.Name);

        // It speaks for all of them together and hands on what each is told.
        Assert.Equal(["HeartbeatService"], users);
    }

    /// <summary>No type outside the folders mentions any of the names.</summary>
    private static void OnlyIn(ProductAssembly assembly, string[] folders, params string[] names)
    {
        var allowed = folders.SelectMany(assembly.Folder).ToHashSet();
        var users = assembly.Types.Where(type => type.UsesAny(names)).ToArray();

        Assert.Empty(users.Where(type => !allowed.Contains(type)).Select(type => type.FullName));
        Assert.True(folders.Length == 0 || users.Length > 0, $"nothing uses {string.Join(", ", names)}: the scan is blind");
    }
}
