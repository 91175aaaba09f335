using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.Deployment.Tests;

/// <summary>
/// API and worker as images hold them: published by the scripts of the images in a clean copy of the source, started from there
/// on real servers, with nothing but what an orchestrator would set.
/// </summary>
public sealed class PublishedApplication : IAsyncLifetime
{
    internal const string SharedSecret = "a secret of the deployment tests";

    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("taskpipeline-deployment-").FullName;
    private readonly RedisServer _redis = new();
    private readonly RabbitMqServer _rabbitMq = new();
    private readonly StringBuilder _output = new();
    private readonly int[] _ports = Ports.TakeFree(2);
    private readonly List<Process> _processes = [];

    public HttpClient Api { get; } = new() { Timeout = TimeSpan.FromSeconds(90) };

    public HttpClient Worker { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The worker's folder, as in its image.</summary>
    public string WorkerFolder => Path.Combine(_folder, "worker");

    internal Process WorkerProcess => _processes[1];

    public async Task InitializeAsync()
    {
        var source = Path.Combine(_folder, "source");
        Repository.CopySourceTo(source);
        var servers = Task.WhenAll(_redis.StartAsync(), _rabbitMq.StartAsync());
        await BuildAsync(Path.Combine(source, "deploy/build-worker.sh"), WorkerFolder);
        await BuildAsync(Path.Combine(source, "deploy/build-api.sh"), Path.Combine(_folder, "api"));
        await servers;

        // What is published must not lean on what it was built from.
        Directory.Delete(source, recursive: true);
        Api.BaseAddress = Start("api", "TaskPipeline.Api.dll", _ports[0], ("ConnectionStrings__redis", _redis.ConnectionString));
        Worker.BaseAddress = Start("worker", "TaskPipeline.Algorithm.dll", _ports[1], ("services__api__http__0", Api.BaseAddress.ToString()));
        await UntilAnnouncedAsync();
    }

    public async Task DisposeAsync()
    {
        for (var n = _processes.Count - 1; n >= 0; n--)
        {
            if (!_processes[n].HasExited)
            {
                _processes[n].Kill(entireProcessTree: true);
                await _processes[n].WaitForExitAsync();
            }

            _processes[n].Dispose();
        }

        Api.Dispose();
        Worker.Dispose();
        await _rabbitMq.DisposeAsync();
        await _redis.DisposeAsync();
        _rabbitMq.Dispose();
        _redis.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task BuildAsync(string script, string output)
    {
        var start = new ProcessStartInfo("/bin/bash", [script, output]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["UseAspire"] = "false";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_buildLimit);
        var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script} ended with {process.ExitCode}:{Environment.NewLine}{string.Concat(text)}");
        }
    }

    private Uri Start(string folder, string assembly, int port, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [assembly]) { WorkingDirectory = Path.Combine(_folder, folder), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_HTTP_PORTS"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["ConnectionStrings__rabbitmq"] = _rabbitMq.ConnectionString;
        start.Environment["Callbacks__Secret"] = SharedSecret;
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(folder, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(folder, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    private async Task UntilAnnouncedAsync()
    {
        using var limit = new CancellationTokenSource(s_startLimit);
        while (true)
        {
            try
            {
                var workers = await Api.GetFromJsonAsync<JsonElement>(new Uri("/workers", UriKind.Relative), limit.Token);
                if (workers.GetProperty("items").GetArrayLength() > 0)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
            {
                if (limit.IsCancellationRequested)
                {
                    throw new TimeoutException($"The published worker did not announce itself within {s_startLimit.TotalSeconds} s:{Environment.NewLine}{Output()}");
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private void Keep(string name, string? line)
    {
        lock (_output)
        {
            _output.AppendLine(CultureInfo.InvariantCulture, $"{name}: {line}");
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }
}
