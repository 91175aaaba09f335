using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using StackExchange.Redis;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Plan;

namespace TaskPipeline.Chaos.Faults;

/// <summary>Does a fault to a running application. What dies is started again by the launcher, as it always is.</summary>
internal sealed class FaultTool : IDisposable
{
    /// <summary>The management API learns of connections some seconds late.</summary>
    private static readonly TimeSpan s_cutLimit = TimeSpan.FromSeconds(20);

    private readonly LocalTopology _topology;
    private readonly HttpClient _management;

    public FaultTool(LocalTopology topology)
    {
        _topology = topology;
        _management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{topology.ManagementPort}"), Timeout = TimeSpan.FromSeconds(10) };
        _management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("guest:guest"u8));
    }

    /// <summary>Does it; returns when it is done, for a freeze with the thaw.</summary>
    /// <exception cref="TimeoutException">It could not be done within its limit.</exception>
    public Task DoAsync(Fault fault, CancellationToken cancellationToken) => fault.Kind switch
    {
        FaultKind.WorkerKill => _topology.Workers[fault.Target].SignalAsync("KILL"),
        FaultKind.WorkerFreeze => FreezeAsync(_topology.Workers[fault.Target], fault.Length, cancellationToken),
        FaultKind.ApiKill => _topology.Apis[fault.Target].SignalAsync("KILL"),
        FaultKind.RedisKill => _topology.Redis.SignalAsync("KILL"),
        FaultKind.BrokerKill => _topology.RabbitMq.SignalAsync("KILL"),
        FaultKind.BrokerCut => CutBrokerAsync(cancellationToken),
        FaultKind.RedisCut => CutRedisAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "not a kind of fault"),
    };

    public void Dispose() => _management.Dispose();

    private static async Task FreezeAsync(ManagedProcess worker, TimeSpan length, CancellationToken cancellationToken)
    {
        await worker.SignalAsync("STOP");
        try
        {
            await Task.Delay(length, TimeProvider.System, cancellationToken);
        }
        finally
        {
            // Whatever happens: a frozen process could not be asked to end.
            await worker.SignalAsync("CONT");
        }
    }

    private async Task CutBrokerAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_cutLimit);
        try
        {
            while (await CutKnownAsync(limit.Token) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the broker named no connection within {s_cutLimit.TotalSeconds:0} s");
        }
    }

    private async Task<int> CutKnownAsync(CancellationToken cancellationToken)
    {
        var cut = 0;
        try
        {
            var connections = await _management.GetFromJsonAsync<JsonElement>("/api/connections", cancellationToken);
            foreach (var connection in connections.EnumerateArray())
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/connections/{Uri.EscapeDataString(connection.GetProperty("name").GetString()!)}");
                using var response = await _management.SendAsync(request, cancellationToken);
                cut += response.IsSuccessStatusCode ? 1 : 0;
            }
        }
        catch (HttpRequestException)
        {
            // It is not up again after the fault before.
        }

        return cut;
    }

    private async Task CutRedisAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{_topology.RedisAddress},allowAdmin=true,connectRetry=5");
        await redis.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await redis.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "normal");
    }
}
