using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TaskPipeline.Api.Events;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts;
using TaskPipeline.Integration.Tests.Storage;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Events;

/// <summary>Waits for the end of a task from its submission on.</summary>
public sealed class TaskWaiterTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private TestStore _store = null!;
    private ReplyChannel _replies = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync(StoreSite.On(redis));
        _replies = await _store.RepliesAsync();
    }

    public async Task DisposeAsync()
    {
        _replies.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Wait_TheEndIsTold_IsTheTaskWithItsResult()
    {
        using var reply = _replies.Expect()!;
        var (created, waiting) = await SubmitAsync(reply, reply.Address);

        await FinishAsync(created, output: "said");

        var ended = (await waiting.WaitAsync(s_limit))!;
        Assert.Equal((TaskState.Completed, "{\"n\":1}", "said"), (ended.Record.State, System.Text.Encoding.UTF8.GetString(ended.Result!.Value.Span), ended.Output));
    }

    [Fact]
    public async Task Wait_TheEndDoesNotSayAll_IsRead()
    {
        using var reply = _replies.Expect()!;
        using var another = _replies.Expect()!;
        var (created, waiting) = await SubmitAsync(reply, reply.Address);
        var (large, waitingToo) = await SubmitAsync(another, another.Address);

        await _store.AppliedAsync(created.Record.Id, TestStore.Finish(await _store.ClaimAsync(created.Record), TaskOutcome.Error, retryable: true, output: "tried"));
        await _store.AppliedAsync(created.Record.Id, new TaskTrigger.Cancel());
        await FinishAsync(large, output: new string('x', 100_000));

        var ended = (await waiting.WaitAsync(s_limit))!;
        Assert.Equal((TaskState.Cancelled, "tried"), (ended.Record.State, ended.Output));
        Assert.Equal(100_000, (await waitingToo.WaitAsync(s_limit))!.Output!.Length);
    }

    [Fact]
    public async Task Wait_TheEndGoesUntold_FindsItBySoonLooking()
    {
        using var reply = _replies.Expect()!;
        var (created, waiting) = await SubmitAsync(reply, "nobody/1");
        await FinishAsync(created);

        await AdvanceAsync(waiting, seconds: 50);

        Assert.Equal(TaskState.Completed, (await waiting.WaitAsync(s_limit))!.Record.State);
    }

    [Fact]
    public async Task Wait_TheLimitIsOver_IsTheTaskAsItIs()
    {
        using var reply = _replies.Expect()!;
        var (created, waiting) = await SubmitAsync(reply, reply.Address);
        await _store.ClaimAsync(created.Record);

        await AdvanceAsync(waiting, seconds: 100);

        Assert.Equal(TaskState.Processing, (await waiting.WaitAsync(s_limit))!.Record.State);
    }

    [Fact]
    public async Task Wait_TheProcessStops_IsTheTaskAsItIs()
    {
        using var reply = _replies.Expect()!;
        var (_, waiting) = await SubmitAsync(reply, reply.Address);

        _lifetime.StopApplication();

        Assert.Equal(TaskState.Pending, (await waiting.WaitAsync(s_limit))!.Record.State);
    }

    [Fact]
    public async Task Expect_WithoutAWaitOrAConnection_IsNone()
    {
        using var reply = Waiter().Expect(TimeSpan.FromSeconds(1));
        Assert.NotNull(reply);
        Assert.Null(Waiter().Expect(TimeSpan.Zero));
        Assert.Null(Waiter().Expect(limit: null));

        await redis.StopAsync();
        using var limit = new CancellationTokenSource(s_limit);
        while (_replies.Expect() is { } still)
        {
            still.Dispose();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }

        await redis.StartAsync();
    }

    private TaskWaiter Waiter() => new(_store.Store, _store.Feeds, _replies, _time, _lifetime);

    private async Task<(StoredTask Created, Task<StoredTask?> Waiting)> SubmitAsync(ReplyChannel.Reply reply, string address)
    {
        var record = await _store.SubmitAsync(replyTo: address);
        var created = new StoredTask(record, "{}"u8.ToArray(), Result: null, Output: null);
        return (created, Waiter().WaitAsync(created, reply, TimeSpan.FromSeconds(60), CancellationToken.None));
    }

    private async Task FinishAsync(StoredTask task, string? output = null) =>
        await _store.AppliedAsync(task.Record.Id, TestStore.Finish(await _store.ClaimAsync(task.Record), output: output));

    /// <summary>Lets time pass in steps, each of which the wait may use, until it is over or so many seconds have passed.</summary>
    private async Task AdvanceAsync(Task waiting, int seconds)
    {
        for (var n = 0; n < seconds && !waiting.IsCompleted; n += 5)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(500)));
        }
    }
}
