using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>Redis does not answer, and its connections stand.</summary>
[Collection(RedisCollection.Name)]
public sealed class FrozenStoreTests(RedisServer redis)
{
    [Fact]
    public async Task Submit_WhileAnotherIsNotAnswered_FailsWithItAndIsNotSent()
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis));
        await using var replica = await store.ReplicaAsync(isPatient: false);
        await Patience.AnsweredAsync(() => replica.SubmitAsync());
        var before = await store.CountAsync(shard => shard.All);
        await WhileFrozenAsync(async () =>
        {
            var submitted = Enumerable.Range(0, 5).Select(_ => replica.TrySubmitAsync()).ToArray();
            foreach (var one in submitted)
            {
                await Assert.ThrowsAsync<StoreUnavailableException>(() => one);
            }
        });

        // Whatever was sent has been done once the same connection is answered again. One was, unless its connection was given up.
        await Patience.AnsweredAsync(() => replica.UnpublishedAsync());
        Assert.InRange(await store.CountAsync(shard => shard.All), before, before + 1);
    }

    [Fact]
    public async Task Round_WhileRedisDoesNotAnswer_FailsForEachTask()
    {
        await using var store = await TestStore.CreateAsync(StoreSite.On(redis));
        await using var replica = await store.ReplicaAsync(isPatient: false);
        TaskRecord[] tasks = [await store.SubmitAsync(), await store.SubmitAsync()];
        await Patience.AnsweredAsync(() => replica.UnpublishedAsync());
        await WhileFrozenAsync(async () =>
        {
            var round = replica.Store.BeginRound(CancellationToken.None);
            var applied = tasks.Select(task => round.ApplyAsync(task.Id, new TaskTrigger.Cancel())).ToArray();
            round.Send();
            foreach (var one in applied)
            {
                await Assert.ThrowsAsync<StoreUnavailableException>(() => one);
            }
        });
    }

    private async Task WhileFrozenAsync(Func<Task> action)
    {
        await redis.SignalAsync("STOP");
        try
        {
            await action();
        }
        finally
        {
            await redis.SignalAsync("CONT");
        }
    }
}
