using System.Diagnostics;
using System.Text.Json;

namespace TaskPipeline.AppHost.Tests.Aspire;

/// <summary>What the AppHost writes when it is asked to publish, by the same commands as in docs/deployment.md.</summary>
public sealed class PublishTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("taskpipeline-publish-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Manifest_ForAzd_BuildsTheWorkerByItsDockerfile()
    {
        var file = Path.Combine(_folder, "manifest.json");

        await RunAsync("--publisher", "manifest", "--output-path", file);

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var resources = manifest.RootElement.GetProperty("resources");
        var worker = resources.GetProperty("algorithm");
        Assert.StartsWith("container.", worker.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("TaskPipeline.Algorithm/Dockerfile", worker.GetProperty("build").GetProperty("dockerfile").GetString()!.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.StartsWith("project.", resources.GetProperty("api").GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal("{callback-secret.value}", worker.GetProperty("env").GetProperty("Callbacks__Secret").GetString());
        Assert.Equal("00:05:00", worker.GetProperty("env").GetProperty("Worker__DrainGrace").GetString());
        Assert.True(resources.GetProperty("api").GetProperty("bindings").GetProperty("http").GetProperty("external").GetBoolean());
        Assert.EndsWith("--appendonly yes", resources.GetProperty("redis").GetProperty("args")[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compose_WithWorkers_HasReplicasThatDrainAndCannotWrite()
    {
        await RunAsync("--operation", "publish", "--step", "publish", "--output-path", _folder, "--workers", "3");

        var service = ServiceOf(await File.ReadAllTextAsync(Path.Combine(_folder, "docker-compose.yaml")), "algorithm");
        Assert.Contains("replicas: 3", service, StringComparison.Ordinal);
        Assert.Contains("stop_grace_period: \"330s\"", service.Replace("stop_grace_period: 330s", "stop_grace_period: \"330s\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("read_only: true", service, StringComparison.Ordinal);
        Assert.Contains("/tmp", service, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compose_Brokers_KeepDataAndRunTasksOfHours()
    {
        await RunAsync("--operation", "publish", "--step", "publish", "--output-path", _folder);

        var compose = await File.ReadAllTextAsync(Path.Combine(_folder, "docker-compose.yaml"));
        Assert.Contains("consumer_timeout 172800000", ServiceOf(compose, "rabbitmq"), StringComparison.Ordinal);
        Assert.Contains("/var/lib/rabbitmq", ServiceOf(compose, "rabbitmq"), StringComparison.Ordinal);
        Assert.Contains("--appendonly yes", ServiceOf(compose, "redis"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azure_Workers_ScaleByPredictedWaitAndDrain()
    {
        await RunAsync("--operation", "publish", "--step", "publish", "--output-path", _folder, "--target", "azure");

        var bicep = string.Concat(Directory.EnumerateFiles(_folder, "*.bicep", SearchOption.AllDirectories).Where(file => file.Contains("algorithm", StringComparison.Ordinal)).Select(File.ReadAllText));
        foreach (var value in (string[])["longestPredictedWaitSeconds", "workersForLoad"])
        {
            Assert.Contains($"valueLocation: '{value}'", bicep, StringComparison.Ordinal);
        }

        Assert.Contains("type: 'metrics-api'", bicep, StringComparison.Ordinal);
        Assert.Contains("url: 'https://api.${aca_outputs_azure_container_apps_environment_default_domain}/lanes/scaling'", bicep, StringComparison.Ordinal);
        Assert.Contains("name: 'connectionstrings--rabbitmq'", bicep, StringComparison.Ordinal);
        Assert.Contains("terminationGracePeriodSeconds: 330", bicep, StringComparison.Ordinal);
        Assert.Contains("minReplicas: 1", bicep, StringComparison.Ordinal);
        Assert.Contains("'/alive'", bicep, StringComparison.Ordinal);
    }

    /// <summary>The lines of a service: from its name to the next line that is not further in.</summary>
    private static string ServiceOf(string compose, string name)
    {
        var lines = compose.Split('\n');
        var start = Array.FindIndex(lines, line => line.Trim() is var text && (text == $"{name}:" || text == $"\"{name}\":"));
        Assert.True(start >= 0, $"There is no service {name} in{Environment.NewLine}{compose}");
        var indent = lines[start].Length - lines[start].TrimStart().Length;
        return string.Join('\n', lines.Skip(start + 1).TakeWhile(line => line.Length == 0 || line.Length - line.TrimStart().Length > indent));
    }

    /// <summary>The AppHost as built beside the tests, started from its project's folder as dotnet run does.</summary>
    private static async Task RunAsync(params string[] arguments)
    {
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var assembly = Path.Combine(output.Parent!.Parent!.FullName, "TaskPipeline.AppHost", output.Name, "TaskPipeline.AppHost.dll");
        var root = output.Parent.Parent.Parent!.Parent!.FullName;
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            WorkingDirectory = Path.Combine(root, "TaskPipeline.AppHost"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);
        var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, string.Concat(text));
    }
}
