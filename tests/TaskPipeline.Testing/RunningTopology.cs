using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;
using Xunit;

namespace TaskPipeline.Testing;

/// <summary>
/// One run of the whole application on real servers, shared by the tests of a class or collection. Derive from it to run with
/// other options. <see cref="Log"/> has the lines of every process; at the end they are written to the folder that the variable
/// <c>TASKPIPELINE_TEST_LOGS</c> names.
/// </summary>
public class RunningTopology : IAsyncLifetime
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_waitLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest that one answer may wait; longer waits ask again.</summary>
    private const int LongestWaitSeconds = 30;

    private readonly StringBuilder _output = new();
    private readonly TextWriter _writer;
    private LocalTopology? _topology;

    public RunningTopology() => _writer = TextWriter.Synchronized(new StringWriter(_output));

    /// <summary>A client of the first API replica.</summary>
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(90) };

    /// <summary>What every process said so far.</summary>
    public string Log
    {
        get
        {
            // What the synchronised writer itself locks.
            lock (_writer)
            {
                return _output.ToString();
            }
        }
    }

    internal LocalTopology Topology => _topology ?? throw new InvalidOperationException("The topology has not been started");

    /// <summary>What is to run.</summary>
    internal virtual LauncherOptions Options => new() { Slots = 4, Faults = true };

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        using var limit = new CancellationTokenSource(s_startLimit);
        var options = Options with { Port = Ports.TakeFreeBlock(Options.Apis) };
        try
        {
            _topology = await LocalTopology.StartAsync(options, new RunLog(_writer), limit.Token);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"The topology did not start: {exception.Message}{Environment.NewLine}{Log}", exception);
        }

        Http.BaseAddress = new Uri(_topology.ApiAddress());
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        Http.Dispose();
        if (_topology is not null)
        {
            await _topology.DisposeAsync();
        }

        if (Environment.GetEnvironmentVariable("TASKPIPELINE_TEST_LOGS") is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{GetType().Name}-{Http.BaseAddress?.Port}.log")), Log);
        }

        await _writer.DisposeAsync();
    }

    /// <summary>Submits; with a wait the answer is the task as it is when it has ended or the wait is over.</summary>
    public async Task<JsonElement> SubmitAsync(object submission, int waitSeconds = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(submission) };
        request.Headers.Add("Prefer", $"wait={waitSeconds}");
        using var response = await Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The task as it is now.</summary>
    public async Task<JsonElement> GetAsync(JsonElement task) =>
        await Http.GetFromJsonAsync<JsonElement>(new Uri($"/tasks/{IdOf(task)}", UriKind.Relative));

    /// <summary>Asks to cancel; the task as the answer shows it.</summary>
    public async Task<JsonElement> CancelAsync(JsonElement task)
    {
        using var response = await Http.DeleteAsync(new Uri($"/tasks/{IdOf(task)}", UriKind.Relative));
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Waits until a worker runs the task, or it has ended.</summary>
    /// <exception cref="TimeoutException">It was not started within the limit.</exception>
    public Task<JsonElement> StartedAsync(JsonElement task, int limitSeconds = 60) =>
        UntilAsync(task, now => now.GetProperty("status").GetString() != "pending", limitSeconds);

    /// <summary>Waits until the task runs and has reported a stage, or has ended.</summary>
    /// <exception cref="TimeoutException">It did not within the limit.</exception>
    public Task<JsonElement> ReportedAsync(JsonElement task, int limitSeconds = 60) =>
        UntilAsync(task, now => now.GetProperty("stage").ValueKind == JsonValueKind.String || now.GetProperty("finishedAt").ValueKind == JsonValueKind.String, limitSeconds);

    /// <summary>Waits for the end of a task.</summary>
    /// <exception cref="TimeoutException">It did not end within the limit; the message has the task and the log.</exception>
    public Task<JsonElement> EndAsync(JsonElement task, int limitSeconds = 60) => EndAsync(IdOf(task), limitSeconds);

    /// <summary>Waits for the end of a task.</summary>
    /// <exception cref="TimeoutException">It did not end within the limit; the message has the task and the log.</exception>
    public async Task<JsonElement> EndAsync(string id, int limitSeconds = 60)
    {
        var now = default(JsonElement);
        for (var left = limitSeconds; left > 0; left -= LongestWaitSeconds)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/tasks/{id}");
            request.Headers.Add("Prefer", $"wait={Math.Min(left, LongestWaitSeconds)}");
            using var response = await Http.SendAsync(request);
            response.EnsureSuccessStatusCode();
            now = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (now.GetProperty("status").GetString() is not ("pending" or "processing"))
            {
                return now;
            }
        }

        throw new TimeoutException($"Task {id} did not end within {limitSeconds} s: {now}{Environment.NewLine}{await SituationAsync()}{Environment.NewLine}{Log}");
    }

    /// <summary>Waits until every replica is healthy and every worker that runs is announced.</summary>
    /// <exception cref="TimeoutException">That was not so within two minutes; the message has the log.</exception>
    public async Task WholeAsync()
    {
        using var probe = new HealthProbe(Topology);
        await WaitAsync("everything back", probe.IsWholeAsync);
    }

    /// <summary>Waits for a condition that no event tells of.</summary>
    /// <exception cref="TimeoutException">It did not come about within two minutes; the message has the log.</exception>
    public async Task WaitAsync(string what, Func<CancellationToken, Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_waitLimit);
        try
        {
            while (!await condition(limit.Token))
            {
                await Task.Delay(s_look, TimeProvider.System, limit.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"not within {s_waitLimit.TotalSeconds:0} s: {what}{Environment.NewLine}{Log}"));
        }
    }

    /// <summary>The id of a task.</summary>
    public static string IdOf(JsonElement task) => task.GetProperty("id").GetString()!;

    /// <summary>What the API says of workers and lanes: where a task that does not end may be.</summary>
    private async Task<string> SituationAsync() => string.Join(
        Environment.NewLine, await Http.GetStringAsync(new Uri("/workers", UriKind.Relative)), await Http.GetStringAsync(new Uri("/lanes", UriKind.Relative)));

    private async Task<JsonElement> UntilAsync(JsonElement task, Func<JsonElement, bool> condition, int limitSeconds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(limitSeconds));
        while (true)
        {
            var now = await GetAsync(task);
            if (condition(now))
            {
                return now;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Task {IdOf(task)} did not come so far within {limitSeconds} s: {now}{Environment.NewLine}{Log}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
