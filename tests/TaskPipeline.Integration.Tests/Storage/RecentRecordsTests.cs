using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Two replicas on one Redis: what one of them remembers of a task must never decide about it once it is no longer true.</summary>
public sealed class RecentRecordsTests : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly IHost[] _hosts;
    private readonly ITaskStore _one;
    private readonly ITaskStore _other;

    public RecentRecordsTests(RedisServer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        _hosts = [NewReplica(redis), NewReplica(redis)];
        _one = _hosts[0].Services.GetRequiredService<ITaskStore>();
        _other = _hosts[1].Services.GetRequiredService<ITaskStore>();
    }

    private IDatabase Redis => _hosts[0].Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();

    public async Task InitializeAsync()
    {
        await Patience.AnsweredAsync(() => _one.GetUsageAsync(CancellationToken.None));
        await Patience.AnsweredAsync(() => _other.GetUsageAsync(CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            host.Dispose();
        }

        await Task.CompletedTask;
    }

    [Fact]
    public async Task Apply_AnotherReplicaGrantedTheTask_IsRefusedAsBusy()
    {
        var task = await SubmitAsync();
        Assert.IsType<TransitionResult.Applied>(await ClaimAsync(_other, task, "its"));

        var refused = Assert.IsType<TransitionResult.Refused>(await ClaimAsync(_one, task, "ours"));

        Assert.Equal(RefusalReason.Busy, refused.Reason);
        Assert.Equal("its", (await _one.GetAsync(task.Id, CancellationToken.None))!.Record.ClaimId);
    }

    [Fact]
    public async Task Apply_AnotherReplicaReleasedTheTask_IsGrantedAsTheNextAttempt()
    {
        var task = await SubmitAsync();
        await ClaimAsync(_one, task, "first");
        var released = Assert.IsType<TransitionResult.Applied>(
            await _other.ApplyAsync(task.Id, new TaskTrigger.Release(1, "first", 1, ReleaseReason.Draining), CancellationToken.None));

        var granted = Assert.IsType<TransitionResult.Applied>(await ClaimAsync(_one, released.Record, "second"));

        Assert.Equal((2, 4L), (granted.Record.Attempt, granted.Record.Version));
    }

    /// <summary>A Redis that lost its last second counts the same versions again with other content: the version alone would not tell.</summary>
    [Fact]
    public async Task Apply_RedisLostTheGrantAndGaveItToAnother_RefusesTheReportOfTheFirst()
    {
        var task = await SubmitAsync();
        var key = $"tp:{{0}}:task:{task.Id}";
        var before = await Redis.HashGetAllAsync(key);
        var first = Assert.IsType<TransitionResult.Applied>(await ClaimAsync(_one, task, "first"));
        await Redis.KeyDeleteAsync(key);
        await Redis.HashSetAsync(key, before);
        var second = Assert.IsType<TransitionResult.Applied>(await ClaimAsync(_other, task, "second"));
        Assert.Equal(first.Record.Version, second.Record.Version);

        var finish = new TaskTrigger.Finish(new FinishedReport
        {
            Worker = "worker",
            TaskId = task.Id,
            ClaimId = "first",
            Attempt = 1,
            Sequence = 1,
            Outcome = TaskOutcome.Completed,
            Result = "1"u8.ToArray(),
        });
        var refused = Assert.IsType<TransitionResult.Refused>(await _one.ApplyAsync(task.Id, finish, CancellationToken.None));

        Assert.Equal(RefusalReason.Stale, refused.Reason);
        Assert.Equal(TaskState.Processing, (await _one.GetAsync(task.Id, CancellationToken.None))!.Record.State);
    }

    [Fact]
    public async Task Apply_RedisLostTheTask_SaysThatItIsUnknown()
    {
        var task = await SubmitAsync();
        await Redis.KeyDeleteAsync($"tp:{{0}}:task:{task.Id}");

        Assert.Null(await ClaimAsync(_one, task, "claim"));
        Assert.Null(await ClaimAsync(_one, task, "claim"));
    }

    private static IHost NewReplica(RedisServer redis)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:redis", redis.ConnectionString)]);
        builder.Services.AddSingleton<ApiMetrics>();
        builder.AddTaskStorage();
        return builder.Build();
    }

    private static Task<TransitionResult?> ClaimAsync(ITaskStore store, TaskRecord task, string claim) =>
        store.ApplyAsync(task.Id, new TaskTrigger.Claim(task.Dispatch, claim, "worker"), CancellationToken.None);

    private async Task<TaskRecord> SubmitAsync() => Assert.IsType<SubmitResult.Created>(await _one.SubmitAsync(
        new NewTask(
            now => new TaskSubmission { Algorithm = "a", TimeoutSeconds = 50, StartBefore = now.AddDays(1), MaxAttempts = 3 },
            "{}"u8.ToArray(),
            Lane.Short,
            TraceParent: null,
            Idempotency: null),
        CancellationToken.None)).Record;
}
