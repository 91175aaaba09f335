using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Integration.Tests.Events;
using TaskPipeline.Integration.Tests.Http;

namespace TaskPipeline.Integration.Tests.Lanes;

/// <summary>What clients and scalers are told about waiting, and who is refused.</summary>
[Collection(BrokerCollection.Name)]
public sealed partial class LaneContractTests(LaneApi api) : IClassFixture<LaneApi>, IAsyncLifetime
{
    private const string Quick = """{"algorithm":"quick"}""";
    private const string Slow = """{"algorithm":"slow"}""";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Each test begins with empty lines.</summary>
    public Task InitializeAsync() => api.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Get_Lanes_ListsHowLongTheLinesAre()
    {
        await api.BeatAsync();
        var ids = new[] { await api.Http.SubmittedAsync(Slow), await api.Http.SubmittedAsync(Slow), await api.Http.SubmittedAsync(Slow) };
        await api.Reports.ClaimAsync(ids[0]);

        var lane = await LaneApi.UntilLaneAsync(api.Other, Lane.Long, lane => lane.GetProperty("depth").GetInt32() == 2);

        Assert.Equal(
            ["name", "depth", "running", "predictedWaitSeconds", "quantile", "slots", "load", "oldestAgeSeconds", "maxWaitSeconds"], lane.EnumerateObject().Select(member => member.Name));
        Assert.Equal("long", lane.GetProperty("name").GetString());
        Assert.Equal(1, lane.GetProperty("running").GetInt32());
        Assert.Equal(0.9, lane.GetProperty("quantile").GetDouble());
        Assert.InRange(lane.GetProperty("oldestAgeSeconds").GetDouble(), 0.0001, 60);
        Assert.Equal(LaneApi.MaxWaitSeconds, lane.GetProperty("maxWaitSeconds").GetInt32());
        Assert.Equal(JsonValueKind.Number, lane.GetProperty("predictedWaitSeconds").ValueKind);
        await api.Reports.FinishAsync(ids[0]);
        await api.EmptyAsync();
        await LaneApi.UntilLaneAsync(api.Http, Lane.Long, lane => lane.GetProperty("depth").GetInt32() == 0 && lane.GetProperty("oldestAgeSeconds").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task Get_Scaling_IsPlainNumbersAndNamesWhoCanGo()
    {
        await api.BeatAsync(busy: 4);
        string[] running = [.. await Task.WhenAll(Enumerable.Range(0, LaneApi.Slots).Select(_ => api.Http.SubmittedAsync(Slow)))];
        await Task.WhenAll(running.Select(id => api.Reports.ClaimAsync(id)));
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => api.Http.SubmittedAsync(Slow)));
        await LaneApi.UntilLaneAsync(api.Http, Lane.Long, lane => lane.GetProperty("predictedWaitSeconds").GetDouble() > LaneApi.SlowSeconds);

        var scaling = await api.ScalingAsync();

        Assert.InRange(scaling.GetProperty("longestPredictedWaitSeconds").GetDouble(), LaneApi.SlowSeconds, 10_000);
        Assert.Equal(scaling.GetProperty("longestPredictedWaitSeconds").GetDouble(), scaling.GetProperty("predictedWaitSeconds").GetProperty("long").GetDouble());
        Assert.Equal(0, scaling.GetProperty("predictedWaitSeconds").GetProperty("urgent").GetDouble());
        Assert.Equal(30, scaling.GetProperty("depth").GetProperty("long").GetInt32());
        Assert.Equal(1, scaling.GetProperty("workers").GetInt32());

        // Four slots in use are more than nine tenths of one worker's four.
        Assert.InRange(scaling.GetProperty("workersForLoad").GetInt32(), 2, 1000);
        Assert.Empty(scaling.GetProperty("idleWorkers").EnumerateArray());
        await Task.WhenAll(running.Select(id => api.Reports.FinishAsync(id)));
        await api.BeatAsync();
        Assert.Equal([LaneApi.Worker], (await api.ScalingAsync()).GetProperty("idleWorkers").EnumerateArray().Select(worker => worker.GetString()));
    }

    [Fact]
    public async Task Submit_EveryPendingTask_TellsPositionAndStartWithTheirQuantile()
    {
        await api.BeatAsync();
        var notBefore = DateTimeOffset.UtcNow.AddHours(2);
        string[] ids =
        [
            await api.Http.SubmittedAsync(Quick), await api.Http.SubmittedAsync(Quick),
            await api.Http.SubmittedAsync(JsonSerializer.Serialize(new { algorithm = "quick", notBefore })),
        ];
        await api.Reports.ClaimAsync(ids[0]);
        await api.Reports.FinishAsync(ids[0], TaskOutcome.Error, retryable: true);

        var queues = (await Task.WhenAll(ids.Select(api.Other.TaskAsync))).Select(task => task.GetProperty("queue")).ToArray();

        Assert.All(queues, queue => Assert.Equal(0.9, queue.GetProperty("quantile").GetDouble()));
        Assert.Equal(1, queues[1].GetProperty("position").GetInt32());
        Assert.InRange(queues[1].GetProperty("estimatedStartAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(2));

        // Those that stand in no line yet are told when they would start once they are due.
        Assert.Equal(JsonValueKind.Null, queues[0].GetProperty("position").ValueKind);
        Assert.InRange(queues[0].GetProperty("estimatedStartAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(2));
        Assert.Equal(JsonValueKind.Null, queues[2].GetProperty("position").ValueKind);
        Assert.InRange(queues[2].GetProperty("estimatedStartAt").GetDateTimeOffset(), notBefore.AddSeconds(-1), notBefore.AddMinutes(2));
    }

    [Fact]
    public async Task Stream_WhileOthersStart_TellsWhereTheTaskStands()
    {
        await api.BeatAsync();
        string[] ids = [await api.Http.SubmittedAsync(Quick), await api.Http.SubmittedAsync(Quick), await api.Http.SubmittedAsync(Quick)];
        using var response = await EventReader.OpenAsync(api.Other, ids[2]);
        await using var events = EventReader.ReadAsync(response).GetAsyncEnumerator();

        var first = await NextAsync(events);
        Assert.Equal((1, 3), (first.Id, first.Task.GetProperty("queue").GetProperty("position").GetInt32()));
        await api.Reports.ClaimAsync(ids[0]);
        await api.Reports.ClaimAsync(ids[1]);
        var moved = await NextAsync(events);
        while (moved is { Type: "queue" } && moved.Task.GetProperty("queue").GetProperty("position").GetInt32() > 1)
        {
            moved = await NextAsync(events);
        }

        Assert.Equal(("queue", 1), (moved.Type, moved.Task.GetProperty("queue").GetProperty("position").GetInt32()));
        Assert.Equal(first.Task.EnumerateObject().Select(member => member.Name), moved.Task.EnumerateObject().Select(member => member.Name));
        Assert.Equal(0, moved.Id);

        // It is no version of the task: the next one has the next number.
        await api.Reports.ClaimAsync(ids[2]);
        var started = await NextAsync(events);
        while (started.Type == "queue")
        {
            started = await NextAsync(events);
        }

        Assert.Equal((2, "processing"), (started.Id, started.Status));
        foreach (var id in ids)
        {
            await api.Reports.FinishAsync(id);
        }
    }

    [Fact]
    public async Task Submit_AnImpatientTask_IsRefusedEarlyAndMayTryAgainWithItsKey()
    {
        await api.BeatAsync(busy: 4);

        // So many that the wait is long also by what the runs of other tests took, which took nothing.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => api.Http.SubmittedAsync(Slow)));
        await LaneApi.UntilLaneAsync(api.Http, Lane.Long, lane => lane.GetProperty("predictedWaitSeconds").GetDouble() > LaneApi.SlowSeconds);
        const string Impatient = """{"algorithm":"slow","maxWaitSeconds":5}""";

        using var refused = await api.Http.SubmitAsync(Impatient, ("Idempotency-Key", "impatient"));

        // It may try again once the line is as short as it may be. What is listed a moment later may rest on newer figures.
        var problem = await HttpAssert.ProblemAsync(refused, 429, "too-many-requests");
        var waits = WaitsOfRefusal().Match(problem.GetProperty("detail").GetString()!);
        var tooLong = double.Parse(waits.Groups["told"].Value, CultureInfo.InvariantCulture) - double.Parse(waits.Groups["limit"].Value, CultureInfo.InvariantCulture);
        var retryAfter = int.Parse(HttpAssert.Header(refused, "Retry-After")!, CultureInfo.InvariantCulture);
        Assert.Equal("5", waits.Groups["limit"].Value);
        Assert.InRange(retryAfter, tooLong - 0.001, tooLong + 1);
        using var patient = await api.Http.SubmitAsync("""{"algorithm":"slow","maxWaitSeconds":500}""");
        Assert.Equal(HttpStatusCode.Accepted, patient.StatusCode);
        await api.EmptyAsync();
        await LaneApi.UntilLaneAsync(api.Http, Lane.Long, lane => lane.GetProperty("depth").GetInt32() == 0);
        await api.BeatAsync();
        await BrokerHost.UntilAsync(
            async () =>
            {
                using var response = await api.Http.SubmitAsync(Impatient, ("Idempotency-Key", "impatient"));
                return response.StatusCode == HttpStatusCode.Accepted;
            },
            "the line is empty and its task refused all the same");
    }

    [Fact]
    public async Task Submit_OneClientFloodsALane_ThatOneIsRefusedAndTheOthersTasksComeFirst()
    {
        await api.BeatAsync(busy: 4);
        var ids = new List<string>();
        HttpResponseMessage response;
        while ((response = await api.Http.SubmitAsync(Slow, ("X-Client-Id", "greedy"))).StatusCode == HttpStatusCode.Accepted && ids.Count < 1000)
        {
            using (response)
            {
                ids.Add((await HttpAssert.BodyAsync(response)).GetProperty("id").GetString()!);
            }
        }

        using (response)
        {
            await HttpAssert.ProblemAsync(response, 429, "too-many-requests");
        }

        using var modest = await api.Other.SubmitAsync(Slow, ("X-Client-Id", "modest"));

        Assert.Equal(HttpStatusCode.Accepted, modest.StatusCode);
        var task = await HttpAssert.BodyAsync(modest);
        var last = await api.Http.TaskAsync(ids[^1]);
        Assert.InRange(task.GetProperty("queue").GetProperty("position").GetInt32(), 1, (4 * LaneApi.Slots) + 1);
        Assert.Equal(ids.Count + 1, last.GetProperty("queue").GetProperty("position").GetInt32());
        Assert.True(EstimateOf(task) < EstimateOf(last));
    }

    [Theory]
    [InlineData("@10.0.0.1")]
    [InlineData("two words")]
    [InlineData("")]
    public async Task Submit_ABadClientId_IsRefused(string client)
    {
        await api.BeatAsync();

        using var response = await api.Http.SubmitAsync(Quick, ("X-Client-Id", client));

        await HttpAssert.ProblemAsync(response, 400, "validation", "X-Client-Id");
    }

    [Fact]
    public async Task Report_ARunHasOutstayedItsLane_TheNextLikeItGoesToLongOnEveryReplica()
    {
        await api.BeatAsync();
        var input = JsonSerializer.Serialize(new { text = new string('x', 5000) });
        var body = $$"""{"algorithm":"quick","input":{{input}}}""";
        var first = await api.Http.SubmittedAsync(body);
        Assert.Equal("short", (await api.Http.TaskAsync(first)).GetProperty("lane").GetString());

        await api.Reports.ReportAsync(new DemotedReport
        {
            Worker = LaneApi.Worker,
            Algorithm = "quick",
            RunClass = RunClass.Of(LaneApi.Quick, Encoding.UTF8.GetBytes(input)),
            Lane = Lane.Short,
            RunSeconds = 4,
        });

        // Here at once, there when it has been written and read.
        var second = await api.Http.SubmittedAsync(body);
        Assert.Equal("long", (await api.Http.TaskAsync(second)).GetProperty("lane").GetString());
        await BrokerHost.UntilAsync(
            async () => (await api.Other.TaskAsync(await api.Other.SubmittedAsync(body))).GetProperty("lane").GetString() == "long",
            "the other replica did not learn");
    }

    private static DateTimeOffset EstimateOf(JsonElement task) => task.GetProperty("queue").GetProperty("estimatedStartAt").GetDateTimeOffset();

    private static async Task<EventReader.Event> NextAsync(IAsyncEnumerator<EventReader.Event> events)
    {
        do
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(s_limit));
        }
        while (events.Current.Data.Length == 0);
        return events.Current;
    }

    [GeneratedRegex("would have to wait (?<told>[0-9.]+) s, and may have to wait (?<limit>[0-9.]+) s")]
    private static partial Regex WaitsOfRefusal();
}
