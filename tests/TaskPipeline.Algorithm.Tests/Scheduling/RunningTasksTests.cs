using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Tests.Scheduling;

public sealed class RunningTasksTests : IDisposable
{
    private readonly RunningTasks _running = new();
    private readonly TaskId _id = TaskId.Create(DateTimeOffset.UnixEpoch);
    private int _acknowledged;

    public void Dispose() => _running.Dispose();

    [Fact]
    public async Task Register_SameDispatchBeforeTheGrant_IsKeptUntilTheEnd()
    {
        var task = (await _running.RegisterAsync(NewDelivery()))!;

        Assert.Null(await _running.RegisterAsync(NewDelivery()));
        Assert.Equal(0, _acknowledged);
        await task.AcknowledgeAsync();

        Assert.Equal(2, _acknowledged);
    }

    [Fact]
    public async Task Register_SameDispatchAfterTheGrant_IsAcknowledgedAtOnce()
    {
        var task = (await _running.RegisterAsync(NewDelivery()))!;
        task.Attempt = 1;

        Assert.Null(await _running.RegisterAsync(NewDelivery()));
        Assert.Equal(1, _acknowledged);
        await task.AcknowledgeAsync();
        await task.AcknowledgeAsync();

        // Each once: a second acknowledgement of one would close the channel.
        Assert.Equal(2, _acknowledged);
    }

    [Fact]
    public async Task Register_SameDispatchAfterItsEnd_IsAnotherOne()
    {
        var first = (await _running.RegisterAsync(NewDelivery()))!;
        await first.AcknowledgeAsync();

        var second = await _running.RegisterAsync(NewDelivery());
        _running.Remove(first);

        Assert.NotNull(second);
        Assert.NotEqual(first.ClaimId, second.ClaimId);
        Assert.True(await _running.TryAdoptAsync(NewDelivery()), "the end of the first took the second along");
    }

    [Fact]
    public async Task Overtake_ANewerAttempt_EndsTheOlderOnesOnly()
    {
        var older = (await _running.RegisterAsync(NewDelivery()))!;
        var newer = (await _running.RegisterAsync(NewDelivery(dispatch: 2)))!;
        (older.Attempt, newer.Attempt) = (1, 2);

        _running.Overtake(newer);

        Assert.Equal(StopReason.Abandoned, await older.StopRequested);
        Assert.True(older.IsOvertaken);
        Assert.False(newer.StopRequested.IsCompleted);
    }

    [Fact]
    public async Task Cancel_ATask_ReachesEveryDispatchOfIt()
    {
        var older = (await _running.RegisterAsync(NewDelivery()))!;
        var newer = (await _running.RegisterAsync(NewDelivery(dispatch: 2)))!;

        _running.Cancel(_id);

        Assert.Equal([StopReason.Cancelled, StopReason.Cancelled], [await older.StopRequested, await newer.StopRequested]);
    }

    [Theory]
    [InlineData(VerdictKind.Stored, false, null)]
    [InlineData(VerdictKind.Granted, true, StopReason.Cancelled)]
    [InlineData(VerdictKind.Stored, true, StopReason.Cancelled)]
    [InlineData(VerdictKind.Stale, false, StopReason.Abandoned)]
    [InlineData(VerdictKind.Stale, true, StopReason.Abandoned)]
    internal async Task Obey_AVerdict_StopsAsItSays(VerdictKind kind, bool cancel, StopReason? stop)
    {
        var task = (await _running.RegisterAsync(NewDelivery()))!;

        task.Obey(kind, cancel);

        Assert.Equal(stop, task.StopRequested.IsCompleted ? await task.StopRequested : null);
    }

    private Delivery NewDelivery(int dispatch = 1)
    {
        var message = new TaskMessage
        {
            Schema = TaskMessage.CurrentSchema,
            TaskId = _id,
            Dispatch = dispatch,
            Attempt = 0,
            Lane = Lane.Short,
            CreatedAt = DateTimeOffset.UnixEpoch,
            PublishedAt = DateTimeOffset.UnixEpoch,
            Submission = new TaskSubmission { Algorithm = "primes", TimeoutSeconds = 1, StartBefore = DateTimeOffset.MaxValue, MaxAttempts = 1 },
            Input = "{}"u8.ToArray(),
        };
        return new Delivery(message, () =>
        {
            _acknowledged++;
            return Task.CompletedTask;
        });
    }
}
