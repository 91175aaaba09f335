using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Storage;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Lanes;

/// <summary>The lines in a real Redis: what the scripts of tasks and those of lanes keep together.</summary>
public sealed class LaneStoreTests : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly IHost _host;
    private readonly ITaskStore _tasks;
    private readonly ILaneStore _lanes;

    public LaneStoreTests(RedisServer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:redis", $"{redis.ConnectionString},allowAdmin=true")]);
        builder.Services.AddSingleton<ApiMetrics>();
        builder.AddTaskStorage();
        _host = builder.Build();
        _tasks = _host.Services.GetRequiredService<ITaskStore>();
        _lanes = _host.Services.GetRequiredService<ILaneStore>();
    }

    public async Task InitializeAsync()
    {
        await Patience.AnsweredAsync(() => _lanes.GetLinesAsync(CancellationToken.None));
        await _host.Services.GetRequiredService<StackExchange.Redis.IConnectionMultiplexer>().GetServers()[0].FlushDatabaseAsync();
    }

    [Fact]
    public async Task Submit_UntilTheEnd_TheTaskStandsInItsLineThenRunsThenIsGone()
    {
        var first = await SubmitAsync(Place("a"));
        var second = await SubmitAsync(Place("b"));

        Assert.Equal([0, 1], [first.Ahead, second.Ahead]);
        Assert.Equal([1, 2], await _lanes.GetPlacesAsync([(first.Record.Id, Lane.Short), (second.Record.Id, Lane.Short)], CancellationToken.None));
        Assert.Equal(2, (await LineAsync()).Queued);
        Assert.NotNull((await LineAsync()).OldestSince);

        var started = Assert.IsType<TransitionResult.Applied>(await _tasks.ApplyAsync(first.Record.Id, new TaskTrigger.Claim(1, "claim", "worker"), CancellationToken.None));
        Assert.Equal((1, 1), await CountsAsync());
        Assert.Equal([null, 1], await _lanes.GetPlacesAsync([(first.Record.Id, Lane.Short), (second.Record.Id, Lane.Short)], CancellationToken.None));

        await _tasks.ApplyAsync(first.Record.Id, Completed(started.Record), CancellationToken.None);
        await _tasks.ApplyAsync(second.Record.Id, new TaskTrigger.Cancel(), CancellationToken.None);
        Assert.Equal(LaneLine.Empty, await LineAsync());
        Assert.Equal(0, await KeysAsync("lane-clients:*"));
    }

    [Fact]
    public async Task Submit_AnAttemptIsReleased_TheTaskStandsInItsLineAgain()
    {
        var task = await SubmitAsync(Place("a"));
        await _tasks.ApplyAsync(task.Record.Id, new TaskTrigger.Claim(1, "claim", "worker"), CancellationToken.None);

        await _tasks.ApplyAsync(task.Record.Id, new TaskTrigger.Release(1, "claim", 1, ReleaseReason.Draining), CancellationToken.None);

        Assert.Equal((1, 0), await CountsAsync());
    }

    [Fact]
    public async Task Submit_OneClientFloods_TheOthersTaskIsQueuedBeforeItsRest()
    {
        // A client alone is held back too: those who come later must not find its tasks before theirs.
        for (var n = 0; n < 30; n++)
        {
            await SubmitAsync(Place("greedy", holdFrom: 10));
        }

        var other = await SubmitAsync(Place("modest", holdFrom: 10));

        Assert.True(other.Publish);
        Assert.Equal(10, other.Ahead);
        Assert.Equal(new LaneLine(Queued: 11, Held: 20, Running: 0, (await LineAsync()).OldestSince), await LineAsync());
    }

    [Fact]
    public async Task LetGo_TwoClientsAreHeldBack_TheyTakeTurnsByWhatTheirTasksCost()
    {
        var heavy = new List<TaskId>();
        var light = new List<TaskId>();
        await SubmitAsync(Place("first", holdFrom: 1));
        await SubmitAsync(Place("heavy", holdFrom: 1, cost: 2));
        await SubmitAsync(Place("light", holdFrom: 1, cost: 1));
        for (var n = 0; n < 8; n++)
        {
            heavy.Add((await SubmitAsync(Place("heavy", holdFrom: 1, cost: 2))).Record.Id);
        }

        for (var n = 0; n < 8; n++)
        {
            light.Add((await SubmitAsync(Place("light", holdFrom: 1, cost: 1))).Record.Id);
        }

        Assert.Equal(6, await _lanes.LetGoAsync(Lane.Short, until: 3 + 6, CancellationToken.None));

        var places = await _lanes.GetPlacesAsync([.. heavy.Concat(light).Select(id => (id, Lane.Short))], CancellationToken.None);
        Assert.Equal(2, places.Take(8).Count(place => place <= 9));
        Assert.Equal(4, places.Skip(8).Count(place => place <= 9));
    }

    [Fact]
    public async Task LetGo_ATurnHasCome_TheTasksTimerIsDueAndPublishesIt()
    {
        await SubmitAsync(Place("a", holdFrom: 1));
        var held = await SubmitAsync(Place("a", holdFrom: 1));
        Assert.False(held.Publish);
        Assert.Empty((await _tasks.TakeDueAsync(10, CancellationToken.None)).Timers);

        await _lanes.LetGoAsync(Lane.Short, until: 2, CancellationToken.None);

        var due = Assert.Single((await _tasks.TakeDueAsync(10, CancellationToken.None)).Timers);
        Assert.Equal(held.Record.Id, due.Record.Id);
        var result = await _tasks.ApplyAsync(due.Record.Id, new TaskTrigger.TimerDue(due.Published, due.Ticket), CancellationToken.None);
        Assert.True(Assert.IsType<TransitionResult.Applied>(result).Publish);
        Assert.Equal((2, 0), await CountsAsync());
        Assert.Equal(0, await KeysAsync("lane-times:*"));
    }

    [Fact]
    public async Task Submit_ALaneIsFull_TheClientWithItsShareIsRefusedAndAnotherIsNot()
    {
        var place = Place("greedy", holdFrom: 10, maxAhead: 40);
        var results = new List<SubmitResult>();
        for (var n = 0; n < 60; n++)
        {
            results.Add(await TrySubmitAsync(place));
        }

        Assert.Equal(40, results.Count(result => result is SubmitResult.Created));
        Assert.Equal(40, Assert.IsType<SubmitResult.Refused>(results[^1]).Ahead);
        Assert.IsType<SubmitResult.Created>(await TrySubmitAsync(place with { Client = "modest" }));
    }

    [Fact]
    public async Task Cancel_AHeldBackTask_LeavesNothingBehind()
    {
        var queued = await SubmitAsync(Place("a", holdFrom: 1));
        var held = await SubmitAsync(Place("a", holdFrom: 1));

        await _tasks.ApplyAsync(held.Record.Id, new TaskTrigger.Cancel(), CancellationToken.None);
        await _tasks.ApplyAsync(queued.Record.Id, new TaskTrigger.Cancel(), CancellationToken.None);

        Assert.Equal(LaneLine.Empty, await LineAsync());
        Assert.Equal(0, await KeysAsync("lane-clients:*"));
    }

    [Fact]
    public async Task AddRunTimes_MoreThanAreHeld_AreHalvedAndExpire()
    {
        await _lanes.AddRunTimesAsync("a", "1:s1", new Dictionary<int, int> { [10] = 300, [20] = 3, [30] = 1 }, CancellationToken.None);
        await _lanes.AddRunTimesAsync("a", "1:s1", new Dictionary<int, int> { [10] = 300 }, CancellationToken.None);

        var histogram = await _lanes.GetRunTimesAsync("a", "1:s1", CancellationToken.None);
        Assert.Equal(301, histogram.Total);
        Assert.Equal(RunTimeBins.UpperEdge(20), histogram.Quantile(1, expectedSeconds: null));
        Assert.Equal(0, await KeysWithoutEndAsync("run-times:*"));
    }

    [Fact]
    public async Task Add_AWindow_IsReadAgainAndExpires()
    {
        LaneTally[] tallies = [new(1, 2, 3.5, 0.25), default, default, new(4, 0, 0, 0)];
        await _lanes.AddAsync(7, tallies, CancellationToken.None);
        await _lanes.AddAsync(7, tallies, CancellationToken.None);

        var windows = await _lanes.GetWindowsAsync([7, 8], CancellationToken.None);

        Assert.Equal(new LaneTally(2, 4, 7, 0.5), windows[0]![0]);
        Assert.Equal(new LaneTally(8, 0, 0, 0), windows[0]![3]);
        Assert.Null(windows[1]);
        Assert.NotNull((await _lanes.GetLinesAsync(CancellationToken.None)).MeasuredSince);
        Assert.Equal(0, await KeysWithoutEndAsync("lane-window:*") + await KeysWithoutEndAsync("lanes-measured"));
    }

    public async Task DisposeAsync() => await ((IAsyncDisposable)_host).DisposeAsync();

    private static LanePlace Place(string client, long holdFrom = 1000, double cost = 1, long maxAhead = 1000) => new(client, cost, maxAhead, holdFrom);

    private static TaskTrigger.Finish Completed(TaskRecord record) => new(new FinishedReport
    {
        Worker = "worker",
        TaskId = record.Id,
        ClaimId = "claim",
        Attempt = 1,
        Sequence = 1,
        Outcome = TaskOutcome.Completed,
        Result = "1"u8.ToArray(),
    });

    private async Task<SubmitResult.Created> SubmitAsync(LanePlace place) => Assert.IsType<SubmitResult.Created>(await TrySubmitAsync(place));

    private Task<SubmitResult> TrySubmitAsync(LanePlace place) => _tasks.SubmitAsync(
        new NewTask(
            now => new TaskSubmission { Algorithm = "a", TimeoutSeconds = 50, StartBefore = now.AddDays(1), MaxAttempts = 3 },
            "{}"u8.ToArray(),
            Lane.Short,
            TraceParent: null,
            Idempotency: null)
        {
            Place = place,
        },
        CancellationToken.None);

    private async Task<LaneLine> LineAsync() => (await _lanes.GetLinesAsync(CancellationToken.None)).Lanes[(int)Lane.Short];

    private async Task<(long Waiting, long Running)> CountsAsync()
    {
        var line = await LineAsync();
        return (line.Depth, line.Running);
    }

    private async Task<int> KeysAsync(string pattern) => (await FindAsync(pattern)).Count;

    private async Task<int> KeysWithoutEndAsync(string pattern)
    {
        var database = _host.Services.GetRequiredService<StackExchange.Redis.IConnectionMultiplexer>().GetDatabase();
        var lives = await Task.WhenAll((await FindAsync(pattern)).Select(key => database.KeyTimeToLiveAsync(key)));
        Assert.NotEmpty(lives);
        return lives.Count(life => life is null);
    }

    private async Task<List<StackExchange.Redis.RedisKey>> FindAsync(string pattern)
    {
        var keys = new List<StackExchange.Redis.RedisKey>();
        await foreach (var key in _host.Services.GetRequiredService<StackExchange.Redis.IConnectionMultiplexer>().GetServers()[0].KeysAsync(pattern: "*" + pattern))
        {
            keys.Add(key);
        }

        return keys;
    }
}
