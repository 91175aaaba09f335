using System.Text.Json;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Integration.Tests.Http;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Lanes;

/// <summary>Two API replicas with lines and algorithms of their own, so that how full they are is up to the test. Workers are what the tests report.</summary>
public sealed class LaneApi(RabbitMqServer rabbitMq) : IAsyncLifetime
{
    /// <summary>Every lane refuses what would wait longer.</summary>
    public const int MaxWaitSeconds = 600;

    /// <summary>A run of <c>slow</c> is expected to take so long.</summary>
    public const int SlowSeconds = 30;

    public const string Worker = "worker-of-the-lanes";
    public const int Slots = 4;

    private readonly RedisServer _redis = new();
    private readonly List<ApiProcess> _apis = [];
    private BrokerHost? _broker;

    public HttpClient Http => _apis[0].Http;

    public HttpClient Other => _apis[1].Http;

    internal static AlgorithmDescription Quick { get; } = new() { Name = "quick", Version = "1.0", Description = "", ExpectedSeconds = 0.1 };

    internal FakeWorker Reports { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _redis.StartAsync();
        _broker = await BrokerHost.CreateAsync(rabbitMq);
        var limit = TimeSpan.FromSeconds(MaxWaitSeconds).ToString();
        var settings = Enum.GetNames<Lane>().ToDictionary(lane => $"Lanes__{lane}__MaxWait", _ => limit);

        // What the tests report stands for the whole test, however slow the machine is.
        settings["Storage__WorkerSilence"] = settings["Lifecycle__Lease"] = "00:10:00";
        settings["Lifecycle__RetryDelay"] = "00:00:30";
        _apis.AddRange(await Task.WhenAll(
            ApiProcess.StartAsync(_redis.ConnectionString, _broker.Uri, settings), ApiProcess.StartAsync(_redis.ConnectionString, _broker.Uri, settings)));
        Reports = new FakeWorker(Http);
    }

    public async Task DisposeAsync()
    {
        foreach (var api in _apis)
        {
            await api.DisposeAsync();
        }

        await _broker!.DisposeAsync();
        await _redis.StopAsync();
        _redis.Dispose();
    }

    /// <summary>Lets both replicas see a worker with four slots, of which so many are busy.</summary>
    internal async Task BeatAsync(int busy = 0)
    {
        var slow = Quick with { Name = "slow", ExpectedSeconds = SlowSeconds };
        await Reports.ReportAsync(new AnnounceReport { Worker = Worker, Slots = Slots, Algorithms = [Quick, slow], Problems = [] });
        await Reports.ReportAsync(new HeartbeatReport { Worker = Worker, Busy = busy, Running = [] });
        foreach (var http in (HttpClient[])[Http, Other])
        {
            await UntilLaneAsync(http, Lane.Short, lane => lane.GetProperty("slots").GetInt32() == Slots);
        }
    }

    /// <summary>Waits until the replica lists a lane so.</summary>
    internal static async Task<JsonElement> UntilLaneAsync(HttpClient http, Lane lane, Func<JsonElement, bool> condition)
    {
        var found = default(JsonElement);
        await BrokerHost.UntilAsync(
            async () =>
            {
                using var response = await http.GetAsync(HttpAssert.Path("/lanes"));
                found = (await HttpAssert.BodyAsync(response)).GetProperty("items").EnumerateArray().ElementAt((int)lane);
                return condition(found);
            },
            $"the lane {lane} did not become as expected");
        return found;
    }

    /// <summary>What the scaler sees.</summary>
    internal async Task<JsonElement> ScalingAsync()
    {
        using var response = await Http.GetAsync(HttpAssert.Path("/lanes/scaling"));
        return await HttpAssert.BodyAsync(response);
    }

    /// <summary>Cancels everything that waits.</summary>
    internal async Task EmptyAsync()
    {
        while (true)
        {
            using var response = await Http.GetAsync(HttpAssert.Path("/tasks?status=pending&limit=100"));
            string[] ids = [.. (await HttpAssert.BodyAsync(response)).GetProperty("items").EnumerateArray().Select(task => task.GetProperty("id").GetString()!)];
            if (ids.Length == 0)
            {
                return;
            }

            await Task.WhenAll(ids.Select(async id =>
            {
                using var cancelled = await Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}");
            }));
        }
    }
}
