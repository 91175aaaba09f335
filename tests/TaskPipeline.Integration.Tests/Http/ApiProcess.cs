using System.Diagnostics;
using System.Globalization;
using System.Text;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>A real API process of a test, on a free port. Disposed, it is asked to end, as an operator would.</summary>
internal sealed class ApiProcess : IAsyncDisposable
{
    public const string Secret = "the-secret-of-the-tests";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly ProcessStarter _starter = new();
    private readonly StringBuilder _output = new();
    private readonly TextWriter _writer;
    private readonly ManagedProcess _process;
    private bool _stopped;

    private ApiProcess(string redis, string rabbitMq, IReadOnlyDictionary<string, string>? settings)
    {
        _writer = TextWriter.Synchronized(new StringWriter(_output));
        Port = Ports.TakeFree(1)[0];
        Http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}")), Timeout = TimeSpan.FromSeconds(90) };
        _process = new ManagedProcess("api", () => Describe(redis, rabbitMq, settings), _starter, new RunLog(_writer));
    }

    public int Port { get; }

    public HttpClient Http { get; }

    public string Log
    {
        get
        {
            // The synchronized writer locks itself.
            lock (_writer)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts one; returns when it answers.</summary>
    public static async Task<ApiProcess> StartAsync(string redis, string rabbitMq, IReadOnlyDictionary<string, string>? settings = null)
    {
        var api = new ApiProcess(redis, rabbitMq, settings);
        await api._process.StartAsync();
        try
        {
            using var limit = new CancellationTokenSource(s_limit);
            await Ports.WaitAsync("api", api.Port, s_limit, limit.Token);
            return api;
        }
        catch (LaunchException exception)
        {
            await api.DisposeAsync();
            throw new InvalidOperationException($"{exception.Message}{Environment.NewLine}{api.Log}", exception);
        }
    }

    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    /// <summary>Asks it to end and waits for that.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _process.StopAsync(s_limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }

        Http.Dispose();
        _process.Dispose();
        _starter.Dispose();
    }

    private ProcessStartInfo Describe(string redis, string rabbitMq, IReadOnlyDictionary<string, string>? settings)
    {
        var start = new ProcessStartInfo(BuildOutput.Executable("TaskPipeline.Api"));
        start.Environment["ASPNETCORE_URLS"] = Http.BaseAddress!.ToString();
        start.Environment["ConnectionStrings__redis"] = redis;
        start.Environment["ConnectionStrings__rabbitmq"] = rabbitMq;
        start.Environment["Callbacks__Secret"] = Secret;
        start.Environment["Drain__Notice"] = "00:00:00.2";
        start.Environment["Logging__LogLevel__Microsoft"] = "Warning";
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
