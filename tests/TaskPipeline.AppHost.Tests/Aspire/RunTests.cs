using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.AppHost.Tests.Aspire;

/// <summary>The AppHost as dotnet run starts it, once with containers and once with servers that already run.</summary>
public sealed class RunTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    [Fact]
    [Trait("Category", "Containers")]
    public async Task Run_WithContainers_BecomesHealthyAndCompletesATask() => await CompleteAsync();

    [Fact]
    public async Task Run_WithServersThatRun_BecomesHealthyAndCompletesATask()
    {
        var ports = Ports.TakeFree(5);
        using var data = DataFolder.Open(path: null);
        using var starter = new ProcessStarter();
        var log = new RunLog(TextWriter.Null);
        using var epmd = new ManagedProcess("epmd", () => Brokers.Epmd(ports[4]), starter, log);
        using var rabbitMq = new ManagedProcess("rabbitmq", () => Brokers.RabbitMq(data, ports[0], ports[1], ports[3], ports[4]), starter, log);
        using var redis = new ManagedProcess("redis", () => Brokers.Redis(data, ports[2]), starter, log);
        try
        {
            await epmd.StartAsync();
            await Task.WhenAll(rabbitMq.StartAsync(), redis.StartAsync());
            await Ports.WaitAsync("rabbitmq", ports[0], TimeSpan.FromSeconds(90), CancellationToken.None);

            await CompleteAsync($"--ConnectionStrings:rabbitmq=amqp://guest:guest@127.0.0.1:{ports[0]}", $"--ConnectionStrings:redis=127.0.0.1:{ports[2]}");
        }
        finally
        {
            await Task.WhenAll(rabbitMq.StopAsync(TimeSpan.FromSeconds(30)), redis.StopAsync(TimeSpan.FromSeconds(30)));
            await epmd.StopAsync(TimeSpan.FromSeconds(10));
        }
    }

    private static async Task CompleteAsync(params string[] arguments)
    {
        using var limit = new CancellationTokenSource(s_limit);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TaskPipeline_AppHost>([.. arguments, "--slots", "2", "--workers", "2"], limit.Token);
        await using var application = await builder.BuildAsync(limit.Token);
        await application.StartAsync(limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("algorithm", limit.Token);

        using var http = application.CreateHttpClient("api", "http");
        http.Timeout = TimeSpan.FromMinutes(2);
        await UntilKnownAsync(http, limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(new { algorithm = "hello" }) };
        request.Headers.Add("Prefer", "wait=60");
        using var response = await http.SendAsync(request, limit.Token);
        var task = await response.Content.ReadFromJsonAsync<JsonElement>(limit.Token);

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal("hello world\n", task.GetProperty("output").GetString());
    }

    /// <summary>A healthy worker has yet to announce what it can run.</summary>
    private static async Task UntilKnownAsync(HttpClient http, CancellationToken cancellationToken)
    {
        while ((await http.GetFromJsonAsync<JsonElement>(new Uri("/algorithms", UriKind.Relative), cancellationToken)).GetProperty("items").GetArrayLength() == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
    }
}
