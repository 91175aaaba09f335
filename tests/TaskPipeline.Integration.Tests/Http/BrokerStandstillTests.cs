using System.Net;
using RabbitMQ.Client;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>A broker that is there, and neither takes nor answers.</summary>
public sealed class BrokerStandstillTests : IAsyncLifetime
{
    /// <summary>However slow the machine of a test is.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly RedisServer _redis = new();
    private readonly RabbitMqServer _rabbitMq = new();
    private ApiProcess _api = null!;
    private FakeWorker _worker = null!;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_redis.StartAsync(), _rabbitMq.StartAsync());
        var settings = new Dictionary<string, string> { ["Tasks__ConfirmWait"] = "00:00:00.2", ["Publishing__LaneWatch"] = "00:00:00.2" };
        _api = await ApiProcess.StartAsync(_redis.ConnectionString, _rabbitMq.ConnectionString, settings);
        _worker = new FakeWorker(_api.Http);
        await _worker.AnnounceAsync();
        await LoggedAsync("Connected to the broker");
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _rabbitMq.DisposeAsync();
        await _redis.DisposeAsync();
        _rabbitMq.Dispose();
        _redis.Dispose();
    }

    [Fact]
    public async Task BrokerShortOfMemory_TasksAreAcceptedAndCancelledAndPublishedOnceItHasSome()
    {
        var running = await _api.Http.SubmittedAsync();
        await _worker.ClaimAsync(running);
        await _rabbitMq.SetMemoryLimitAsync(0.000_001);

        // The broker holds a connection back from its next publication on.
        await _api.Http.SubmittedAsync();
        await LoggedAsync("The broker takes no messages now");
        var waiting = await _api.Http.SubmittedAsync();
        await CancelAsync(running);
        await _rabbitMq.SetMemoryLimitAsync(0.6);

        await LoggedAsync("The broker takes messages again");
        await ExpectMessageAsync(waiting);
    }

    [Fact]
    public async Task BrokerFrozen_TheReplicaServesAndPublishesOnceItIsThawed()
    {
        var running = await _api.Http.SubmittedAsync();
        await _worker.ClaimAsync(running);
        await _rabbitMq.SignalAsync("STOP");
        string waiting;
        try
        {
            waiting = await _api.Http.SubmittedAsync();
            await CancelAsync(running);

            // Before the client gives up what it asked, it waits for 20 seconds.
            Assert.DoesNotContain("The broker cannot be reached", _api.Log, StringComparison.Ordinal);
            await LoggedAsync("The broker cannot be reached");
        }
        finally
        {
            // Whatever happens: a frozen process could not be asked to end.
            await _rabbitMq.SignalAsync("CONT");
        }

        await ExpectMessageAsync(waiting);
    }

    private async Task CancelAsync(string id)
    {
        using var response = await _api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task ExpectMessageAsync(string id)
    {
        var factory = new ConnectionFactory { Uri = new Uri(_rabbitMq.ConnectionString), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync("test");
        await using var channel = await connection.CreateChannelAsync();
        Assert.True(await channel.TakeMessageAsync(id) is not null, _api.Log);
    }

    private async Task LoggedAsync(string text)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!_api.Log.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(limit.IsCancellationRequested, $"'{text}' was not logged{Environment.NewLine}{_api.Log}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }
}
