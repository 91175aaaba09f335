using System.Reflection;
using System.Xml.Linq;

namespace TaskPipeline.Architecture.Tests;

/// <summary>The files of the repository and what was built from them.</summary>
internal static class Repository
{
    /// <summary>The projects of the product; tests are not bound by the rules.</summary>
    public static readonly string[] Projects =
    [
        "TaskPipeline.Api", "TaskPipeline.Algorithm", "TaskPipeline.AppHost", "TaskPipeline.Contracts", "TaskPipeline.NativeHost", "TaskPipeline.ServiceDefaults",
    ];

    public static string Root { get; } = Metadata("RepositoryRoot");

    public static ProductAssembly Api { get; } = ProductAssembly.Read(typeof(Api.Tasks.TaskOptions).Assembly.Location);

    public static ProductAssembly Algorithm { get; } = ProductAssembly.Read(typeof(Algorithm.WorkerOptions).Assembly.Location);

    public static ProductAssembly Contracts { get; } = ProductAssembly.Read(typeof(Contracts.TaskId).Assembly.Location);

    public static ProductAssembly ServiceDefaults { get; } = ProductAssembly.Read(typeof(Microsoft.Extensions.Hosting.Extensions).Assembly.Location);

    public static ProductAssembly NativeHost { get; } = ProductAssembly.Read(Metadata("NativeHostFile"));

    public static IEnumerable<ProductAssembly> Assemblies => [Api, Algorithm, Contracts, ServiceDefaults, NativeHost];

    public static string PathOf(params string[] path) => Path.Combine([Root, .. path]);

    public static XDocument ProjectFile(string project) => XDocument.Load(PathOf(project, $"{project}.csproj"));

    /// <summary>The source files of a project, without what the build has made.</summary>
    public static IEnumerable<string> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(PathOf(folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
