using System.Text.Json;
using RabbitMQ.Client;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;
using TaskPipeline.Integration.Tests.Http;

namespace TaskPipeline.Integration.Tests.Publishing;

/// <summary>What the broker does to messages, and that no task is lost with one.</summary>
[Collection(ApiGroup.Name)]
public sealed class LostMessagesTests(ApiFixture api)
{
    [Fact]
    public async Task Submit_WithABroker_PublishesTheWholeTaskOnce()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"input\":{\"limit\": 5},\"priority\":\"urgent\",\"timeoutSeconds\":7,\"labels\":{\"a\":\"b\"}}");

        var message = await api.TakeMessageAsync(id, lane: Lane.Urgent);

        var task = await api.Http.TaskAsync(id);
        Assert.Equal((TaskMessage.CurrentSchema, 1, 0, Lane.Urgent), (message.Schema, message.Dispatch, message.Attempt, message.Lane));
        Assert.Equal("{\"limit\": 5}"u8.ToArray(), message.Input.ToArray());
        Assert.Equal(7, message.Submission.TimeoutSeconds);
        Assert.Equal("b", message.Submission.Labels!["a"]);
        Assert.Equal(task.GetProperty("createdAt").GetDateTimeOffset(), message.CreatedAt);
        Assert.Contains(task.GetProperty("traceId").GetString()!, message.TraceParent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_Purged_ItsTasksArePublishedAgain()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"priority\":\"background\"}");
        await using var channel = await api.OpenChannelAsync();
        await api.TakeMessageAsync(id, dispatch: 1, Lane.Background);
        await channel.QueuePurgeAsync(Topology.LaneQueue(Lane.Background));

        var message = await api.TakeMessageAsync(id, dispatch: 2, Lane.Background);

        Assert.Equal(VerdictKind.Stale, (await api.Worker.ClaimAsync(id, dispatch: 1)).Kind);
        Assert.Equal(VerdictKind.Granted, (await api.Worker.ClaimAsync(id, message.Dispatch)).Kind);
    }

    [Fact]
    public async Task Queue_DeletedWhileTheSessionIsOpen_IsDeclaredAgainWithItsTasks()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"hello\"}");
        await api.TakeMessageAsync(id, dispatch: 1, Lane.Long);
        await using (var channel = await api.OpenChannelAsync())
        {
            await channel.QueueDeleteAsync(Topology.LaneQueue(Lane.Long));
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await api.TakeMessageAsync(id, dispatch: 2, Lane.Long);
                break;
            }
            catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
            }
        }
    }

    [Fact]
    public async Task DeadLetter_OfTheNewestDispatch_IsPublishedOnceMoreAndThenFails()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"priority\":\"urgent\"}");
        var first = await api.TakeMessageAsync(id, dispatch: 1, Lane.Urgent);
        await DeadLetterAsync(first);
        var second = await api.TakeMessageAsync(id, dispatch: 2, Lane.Urgent);

        // One of an older dispatch is nothing.
        await DeadLetterAsync(first);
        await DeadLetterAsync(second);

        var task = await EndAsync(id);
        Assert.Equal("failed", task.GetProperty("status").GetString());
        Assert.Equal("dead_lettered", task.GetProperty("failure").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task DeadLetter_OfALostRecord_BringsTheTaskBack()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"priority\":\"urgent\"}");
        var message = await api.TakeMessageAsync(id, dispatch: 1, Lane.Urgent);
        await api.Redis.GetDatabase().KeyDeleteAsync($"tp:{{0}}:task:{id}");

        await DeadLetterAsync(message);

        var again = await api.TakeMessageAsync(id, dispatch: 2, Lane.Urgent);
        Assert.Equal(VerdictKind.Granted, (await api.Worker.ClaimAsync(id, again.Dispatch)).Kind);
    }

    [Fact]
    public async Task DeadLetter_Unreadable_IsKeptForPeopleWithItsReason()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes($"nonsense {Guid.NewGuid()}");
        await using var channel = await api.OpenChannelAsync();
        await channel.BasicPublishAsync(Topology.DeadLetter, "", body);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await channel.BasicGetAsync(Topology.UnreadableQueue, autoAck: true, limit.Token) is { } kept && kept.Body.Span.SequenceEqual(body))
            {
                Assert.NotEmpty((byte[])kept.BasicProperties.Headers![Topology.ReasonHeader]!);
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    [Fact]
    public async Task Release_ForADrain_IsPublishedAgainAtOnceAndCostsNothing()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"priority\":\"urgent\",\"maxAttempts\":1}");
        await api.Worker.ClaimAsync(id);
        await api.Worker.ReportAsync(new ReleasedReport
        {
            Worker = FakeWorker.Name,
            TaskId = (await api.TakeMessageAsync(id, dispatch: 1, Lane.Urgent)).TaskId,
            ClaimId = "claim",
            Attempt = 1,
            Sequence = 5,
            Reason = ReleaseReason.Draining,
        });

        await api.TakeMessageAsync(id, dispatch: 2, Lane.Urgent);
        Assert.Equal(2, (await api.Worker.ClaimAsync(id, dispatch: 2)).Attempt);
    }

    [Fact]
    public async Task NotBefore_Ahead_NothingIsPublishedUntilThen()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().AddSeconds(2).ToUnixTimeMilliseconds());
        var id = await api.Http.SubmittedAsync($"{{\"algorithm\":\"primes\",\"priority\":\"urgent\",\"notBefore\":\"{at:yyyy-MM-ddTHH:mm:ss.fffZ}\"}}");
        Assert.Equal(VerdictKind.Stale, (await api.Worker.ClaimAsync(id, dispatch: 0)).Kind);

        var message = await api.TakeMessageAsync(id, dispatch: 1, Lane.Urgent);

        Assert.True(message.PublishedAt >= at);
    }

    private async Task DeadLetterAsync(TaskMessage message)
    {
        await using var channel = await api.OpenChannelAsync();
        await channel.BasicPublishAsync(Topology.DeadLetter, "", JsonSerializer.SerializeToUtf8Bytes(message, ContractsJsonContext.Default.TaskMessage));
    }

    private async Task<JsonElement> EndAsync(string id)
    {
        using var response = await api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=60"));
        return await HttpAssert.BodyAsync(response);
    }
}
