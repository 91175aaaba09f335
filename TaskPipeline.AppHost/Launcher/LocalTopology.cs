using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>The whole application as local processes: both brokers, the API, the workers. Dispose ends all of it, in order.</summary>
internal sealed class LocalTopology : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(45);

    private readonly LauncherOptions _options;
    private readonly RunLog _log;
    private readonly DataFolder _data;
    private readonly ProcessStarter _starter = new();
    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private readonly int _rabbitMqPort;
    private readonly int _redisPort;

    private LocalTopology(LauncherOptions options, RunLog log, DataFolder data)
    {
        _options = options;
        _log = log;
        _data = data;
        var ports = Ports.TakeFree(5);
        (_rabbitMqPort, ManagementPort, _redisPort) = (ports[0], ports[1], ports[2]);
        Epmd = Process("epmd", () => Brokers.Epmd(ports[4]));
        RabbitMq = Process("rabbitmq", () => Brokers.RabbitMq(data, _rabbitMqPort, ManagementPort, ports[3], ports[4]));
        Redis = Process("redis", () => Brokers.Redis(data, _redisPort));
        Apis = [.. Enumerable.Range(0, options.Apis).Select(n => Process($"api-{n}", () => Api(n)))];
        Workers = [.. Enumerable.Range(0, options.Workers).Select(n => Process($"worker-{n}", Worker))];
    }

    public ManagedProcess Epmd { get; }

    public ManagedProcess RabbitMq { get; }

    public ManagedProcess Redis { get; }

    public IReadOnlyList<ManagedProcess> Apis { get; }

    public IReadOnlyList<ManagedProcess> Workers { get; }

    public int ManagementPort { get; }

    public string RabbitMqUri => string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{_rabbitMqPort}");

    public string RedisAddress => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redisPort}");

    /// <summary>What API and workers share.</summary>
    public string Secret => _secret;

    /// <summary>The address of a replica of the API.</summary>
    public string ApiAddress(int replica = 0) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{_options.Port + replica}");

    /// <summary>Starts everything; returns when every worker has announced itself and every API has its brokers.</summary>
    /// <exception cref="LaunchException">It cannot be started; what was started is ended again.</exception>
    public static async Task<LocalTopology> StartAsync(LauncherOptions options, RunLog log, CancellationToken cancellationToken)
    {
        Brokers.RequireInstalled();
        for (var replica = 0; replica < options.Apis; replica++)
        {
            if (!Ports.IsFree(options.Port + replica))
            {
                throw new LaunchException($"Port {options.Port + replica} is taken: choose another with --port");
            }
        }

        var topology = new LocalTopology(options, log, DataFolder.Open(options.Data));
        try
        {
            await topology.StartAsync(cancellationToken);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Workers first: their last reports need the API, whose last writes need the brokers.
        await Task.WhenAll(Workers.Select(worker => worker.StopAsync(s_stopLimit)));
        await Task.WhenAll(Apis.Select(api => api.StopAsync(s_stopLimit)));
        await Task.WhenAll(RabbitMq.StopAsync(s_stopLimit), Redis.StopAsync(s_stopLimit));
        await Epmd.StopAsync(s_stopLimit);
        foreach (var process in (ManagedProcess[])[.. Workers, .. Apis, RabbitMq, Redis, Epmd])
        {
            process.Dispose();
        }

        _starter.Dispose();
        _data.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await Epmd.StartAsync();
        await Task.WhenAll(RabbitMq.StartAsync(), Redis.StartAsync());
        await Ports.WaitAsync("redis", _redisPort, s_startLimit, cancellationToken);
        await Task.WhenAll(Apis.Select(api => api.StartAsync()));
        await Ports.WaitAsync("rabbitmq", _rabbitMqPort, s_startLimit, cancellationToken);
        await Task.WhenAll(Workers.Select(worker => worker.StartAsync()));
        await WaitAsync(HaveAnnouncedThemselvesAsync, 0, "Not every worker announced itself", cancellationToken);
        for (var replica = 0; replica < Apis.Count; replica++)
        {
            // Something listens on the ports of the brokers; that it is the brokers shows here.
            await WaitAsync(IsHealthyAsync, replica, $"{ApiAddress(replica)} does not reach RabbitMQ on port {_rabbitMqPort} and Redis on port {_redisPort}", cancellationToken);
        }
    }

    private async Task<bool> HaveAnnouncedThemselvesAsync(HttpClient api, CancellationToken cancellationToken)
    {
        var workers = await api.GetFromJsonAsync<JsonElement>("/workers", cancellationToken);
        return Workers.All(worker => IsAmong(workers.GetProperty("items"), worker));
    }

    private static async Task<bool> IsHealthyAsync(HttpClient api, CancellationToken cancellationToken) =>
        await api.GetStringAsync(new Uri("/health", UriKind.Relative), cancellationToken) == "Healthy";

    private async Task WaitAsync(Func<HttpClient, CancellationToken, Task<bool>> isSo, int replica, string otherwise, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(ApiAddress(replica)), Timeout = TimeSpan.FromSeconds(5) };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(s_startLimit);
        while (true)
        {
            try
            {
                if (await isSo(http, over.Token))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (over.IsCancellationRequested)
                {
                    throw new LaunchException($"{otherwise} within {s_startLimit.TotalSeconds:0} s");
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>By the process in its id: kept data may still list the workers of the run before.</summary>
    private static bool IsAmong(JsonElement items, ManagedProcess worker) => worker.Id is { } id
        && items.EnumerateArray().Any(item => item.GetProperty("id").GetString()!.Contains(string.Create(CultureInfo.InvariantCulture, $"-{id}-"), StringComparison.Ordinal));

    private string Shards => _options.Shards.ToString(CultureInfo.InvariantCulture);

    private ManagedProcess Process(string name, Func<ProcessStartInfo> describe) => new(name, describe, _starter, _log);

    private ProcessStartInfo Api(int replica)
    {
        var start = Service("TaskPipeline.Api");
        start.Environment["ASPNETCORE_URLS"] = ApiAddress(replica);
        start.Environment["ConnectionStrings__redis"] = RedisAddress;
        start.Environment["Storage__Shards"] = Shards;
        start.Environment["Publishing__QueuesPerLane"] = Shards;
        return start;
    }

    private ProcessStartInfo Worker()
    {
        var start = Service("TaskPipeline.Algorithm");
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Worker__Slots"] = _options.Slots.ToString(CultureInfo.InvariantCulture);
        start.Environment["Consuming__QueuesPerLane"] = Shards;
        start.Environment["NativeHosts__HostPath"] = BuildOutput.NativeHost;
        start.Environment["NativeHosts__GuardPath"] = OperatingSystem.IsLinux() ? BuildOutput.Native("bin", "tp-guard") : "";
        start.Environment["NativeHosts__Libraries__0"] = BuildOutput.Native("lib");
        if (_options.Faults)
        {
            start.Environment["NativeHosts__Libraries__1"] = BuildOutput.Native("faults");
        }

        for (var replica = 0; replica < _options.Apis; replica++)
        {
            start.Environment[$"services__api__http__{replica}"] = ApiAddress(replica);
        }

        return start;
    }

    private ProcessStartInfo Service(string project)
    {
        var start = new ProcessStartInfo(BuildOutput.Executable(project));
        start.Environment["ConnectionStrings__rabbitmq"] = RabbitMqUri;
        start.Environment["Callbacks__Secret"] = _secret;
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["Logging__LogLevel__Default"] = "Information";
        start.Environment["Logging__LogLevel__Microsoft"] = "Warning";
        start.Environment["Logging__LogLevel__System"] = "Warning";
        start.Environment["Logging__LogLevel__Polly"] = "Warning";
        start.Environment["Logging__Console__FormatterName"] = "simple";
        start.Environment["Logging__Console__FormatterOptions__SingleLine"] = "true";
        foreach (var (name, value) in _options.Settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
