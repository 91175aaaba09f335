using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.EndToEnd.Tests;

/// <summary>One run of the whole application on real servers, shared by the tests of a class.</summary>
public sealed class RunningTopology : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly StringWriter _log = new();
    private LocalTopology? _topology;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(90) };

    internal LocalTopology Topology => _topology!;

    public async Task InitializeAsync()
    {
        var options = new LauncherOptions { Port = Ports.TakeFree(1)[0], Slots = 4, Faults = true };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        _topology = await LocalTopology.StartAsync(options, new RunLog(_log), limit.Token);
        Http.BaseAddress = new Uri(_topology.ApiAddress());
    }

    public async Task DisposeAsync() => await Topology.DisposeAsync();

    public void Dispose()
    {
        Http.Dispose();
        _log.Dispose();
    }

    /// <summary>Submits; with a wait the answer is the ended task.</summary>
    public async Task<JsonElement> SubmitAsync(object submission, int wait = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(submission) };
        request.Headers.Add("Prefer", $"wait={wait}");
        using var response = await Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Waits for the end of a task, which the API tells as an event.</summary>
    public async Task<JsonElement> EndAsync(JsonElement task)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/tasks/{task.GetProperty("id").GetString()}");
        request.Headers.Add("Prefer", $"wait={s_limit.TotalSeconds:0}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
