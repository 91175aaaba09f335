using System.Text;
using TaskPipeline.Api.Events;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Integration.Tests.Storage;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Events;

/// <summary>
/// What readers of a feed are told, and from where: a task whose input was overwritten in Redis is told with the new input by whoever
/// reads it, and with the old one by whoever has it from the change itself.
/// </summary>
public sealed class TaskFeedTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Change_FollowsTheOneBefore_IsTakenFromWhatWasTold()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var reader = await OpenAsync(store, pending.Id, FeedInterest.States);
        await OverwriteInputAsync(store, pending.Id);

        var running = await store.ClaimAsync(pending);
        var claimed = await NextAsync(reader);
        await store.AppliedAsync(pending.Id, new TaskTrigger.Progress(1, "claim", Sequence: 1, Percent: 40, Stage: null));
        var moved = await NextAsync(reader);
        await store.AppliedAsync(pending.Id, TestStore.Finish(running, output: "line\nline"));
        var ended = await NextAsync(reader);

        Assert.Equal((2, TaskState.Processing, "{}"), (claimed.Record.Version, claimed.Record.State, Text(claimed.Input)));
        Assert.Equal((3, 40, "{}"), (moved.Record.Version, moved.Record.Progress, Text(moved.Input)));
        Assert.Equal((4, "{}", "{\"n\":1}", "line\nline"), (ended.Record.Version, Text(ended.Input), Text(ended.Result), ended.Output));
        Assert.True(reader.IsOver);
    }

    [Fact]
    public async Task Change_KeepsTheOutput_IsToldWithTheOneBefore()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var reader = await OpenAsync(store, pending.Id, FeedInterest.States);
        await store.AppliedAsync(pending.Id, TestStore.Finish(await store.ClaimAsync(pending), TaskOutcome.Error, retryable: true, output: "tried"));
        while (reader.Current.Version < 3)
        {
            await NextAsync(reader);
        }

        await OverwriteInputAsync(store, pending.Id);
        await store.AppliedAsync(pending.Id, new TaskTrigger.Cancel());

        var ended = await NextAsync(reader);

        Assert.Equal((TaskState.Cancelled, "tried", "{}"), (ended.Record.State, ended.Output, Text(ended.Input)));
    }

    [Fact]
    public async Task Change_IsTooLarge_IsRead()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var reader = await OpenAsync(store, pending.Id, FeedInterest.End);
        var output = new string('x', 100_000);

        await store.AppliedAsync(pending.Id, TestStore.Finish(await store.ClaimAsync(pending), output: output));

        Assert.Equal(output, (await NextAsync(reader)).Output);
    }

    [Fact]
    public async Task Change_WhileOnlyTheEndIsOfInterest_IsNotToldUntilTheEnd()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var reader = await OpenAsync(store, pending.Id, FeedInterest.End);
        await OverwriteInputAsync(store, pending.Id);

        var next = NextAsync(reader);
        var running = await store.ClaimAsync(pending);
        for (var n = 1; n <= 20; n++)
        {
            await store.AppliedAsync(pending.Id, new TaskTrigger.Progress(1, "claim", Sequence: n, Percent: n, Stage: null));
        }

        await store.AppliedAsync(pending.Id, TestStore.Finish(running));
        var ended = await next;

        Assert.Equal((23, TaskState.Completed, "{}", "{\"n\":1}"), (ended.Record.Version, ended.Record.State, Text(ended.Input), Text(ended.Result)));
    }

    [Fact]
    public async Task Change_LacksWhatAnUnseenOneBrought_IsRead()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var reader = await OpenAsync(store, pending.Id, FeedInterest.End);

        await store.AppliedAsync(pending.Id, TestStore.Finish(await store.ClaimAsync(pending), TaskOutcome.Error, retryable: true, output: "tried"));
        await store.AppliedAsync(pending.Id, new TaskTrigger.Cancel());
        var ended = await NextAsync(reader);

        Assert.Equal((TaskState.Cancelled, "tried"), (ended.Record.State, ended.Output));
    }

    [Fact]
    public async Task Open_ForStatesWhereOnlyTheEndWasOfInterest_BeginsWithTheTaskAsItIs()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var waiting = await OpenAsync(store, pending.Id, FeedInterest.End);

        await using (var reader = await OpenAsync(store, pending.Id, FeedInterest.States))
        {
            Assert.Equal(1, reader.Current.Task.Queue?.Position);
        }

        await store.ClaimAsync(pending);
        await using var later = await OpenAsync(store, pending.Id, FeedInterest.States);

        Assert.Equal(2, later.Current.Version);
    }

    [Fact]
    public async Task Open_ForStatesWhileRedisIsAway_FailsAndLeavesTheOthersTheirFeed()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        await using var waiting = await OpenAsync(store, pending.Id, FeedInterest.End);
        await redis.StopAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Feeds.OpenAsync(pending.Id, FeedInterest.States, CancellationToken.None).WaitAsync(s_limit));

        await redis.StartAsync();
        using var limit = new CancellationTokenSource(s_limit);
        while (!store.Connection.IsConnected)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }

        await store.AppliedAsync(pending.Id, new TaskTrigger.Cancel());
        Assert.Equal(TaskState.Cancelled, (await NextAsync(waiting)).Record.State);
    }

    /// <summary>An estimate takes its time: who wanted it may be gone when it comes.</summary>
    [Fact]
    public async Task Tell_EstimateWhereOnlyTheEndIsOfInterest_TellsNobody()
    {
        await using var store = await CreateAsync();
        var pending = await store.SubmitAsync();
        var feed = new TaskFeed(
            pending.Id, store.Shards.Changes(pending.Id), FeedInterest.End, store.Store, store.Queue, store.Connection.GetSubscriber(), TimeProvider.System);
        await feed.Ready.WaitAsync(s_limit);
        var first = feed.Newest;

        feed.Tell(new QueueEstimate(Position: 7, EstimatedStartAt: null, Quantile: 0.9));

        await Assert.ThrowsAsync<TimeoutException>(() => first.Followed.WaitAsync(TimeSpan.FromMilliseconds(300)));
        await store.AppliedAsync(pending.Id, new TaskTrigger.Cancel());
        await first.Followed.WaitAsync(s_limit);
        Assert.Equal(TaskState.Cancelled, feed.Newest.Snapshot?.Task.Record.State);
        feed.Leave(FeedInterest.End);
        await feed.Ended.WaitAsync(s_limit);
    }

    private Task<TestStore> CreateAsync() => TestStore.CreateAsync(StoreSite.On(redis));

    private static async Task<ITaskFeedReader> OpenAsync(TestStore store, TaskId id, FeedInterest interest) =>
        (await store.Feeds.OpenAsync(id, interest, CancellationToken.None).WaitAsync(s_limit))!;

    private static async Task<StoredTask> NextAsync(ITaskFeedReader reader)
    {
        Assert.True(await reader.NextAsync(s_limit, CancellationToken.None));
        return reader.Current.Task;
    }

    private static Task OverwriteInputAsync(TestStore store, TaskId id) => store.Database.HashSetAsync(store.KeyOf(id), "i", "{\"read\":1}");

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Encoding.UTF8.GetString(some.Span) : null;
}
