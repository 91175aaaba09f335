using StackExchange.Redis;
using TaskPipeline.Api.Storage;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Tests;

/// <summary>What the audit of Redis must find, in a Redis that is wrong in that way alone.</summary>
public sealed class StoreAuditTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const string Id = "019a0000-0000-7000-8000-000000000001";

    private static readonly ShardKeys s_shard = new(number: 0);

    [Fact]
    public async Task Check_WhatARunLeaves_FindsNothing() => Assert.Empty(await CheckAsync(_ => Task.CompletedTask));

    [Fact]
    public Task Check_KeyWithoutAnEndOfItsLife_IsFound() => AssertFoundAsync(
        "the key forgotten has no end of its life", database => database.StringSetAsync("forgotten", "x"));

    [Fact]
    public Task Check_TaskThatNobodySubmitted_IsFound() => AssertFoundAsync(
        "Redis holds tasks that nobody submitted: 1", database => database.SortedSetAddAsync(s_shard.All, "another", 0));

    [Fact]
    public Task Check_TaskThatIsGone_IsFound() => AssertFoundAsync(
        "Redis lost 1", database => database.SortedSetAddAsync(s_shard.All, "kept-too-long", 0), accepted: ["kept-too-long", Id, "gone"], watched: 3);

    [Fact]
    public Task Check_EndedTaskWhoseRetentionNobodyWatches_IsFound() => AssertFoundAsync(
        "the retention of 0 tasks is watched, of 1", _ => Task.CompletedTask, watched: 0);

    [Fact]
    public Task Check_LaneThatStillCountsATask_IsFound() => AssertFoundAsync(
        "lanes still count running tasks", database => database.HashSetAsync(s_shard.LanesRunning, "long", 1));

    private async Task AssertFoundAsync(string finding, Func<IDatabase, Task> spoil, string[]? accepted = null, int watched = 1) =>
        Assert.StartsWith(finding, Assert.Single(await CheckAsync(spoil, accepted, watched)), StringComparison.Ordinal);

    /// <summary>Audits what a run of one task leaves, spoiled.</summary>
    private async Task<IReadOnlyList<string>> CheckAsync(Func<IDatabase, Task> spoil, string[]? accepted = null, int watched = 1)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},allowAdmin=true,asyncTimeout=30000");
        var database = connection.GetDatabase();
        await database.ExecuteAsync("FLUSHDB");
        await database.StringSetAsync(s_shard.TimersServed, 1, TimeSpan.FromDays(1));
        await database.HashSetAsync(s_shard.LanesRunning, "long", 0);
        await database.SortedSetAddAsync(s_shard.All, Id, 0);
        for (var n = 0; n < watched; n++)
        {
            await database.SortedSetAddAsync(s_shard.Ended, n, n);
        }

        await spoil(database);
        var findings = new Findings();
        await StoreAudit.CheckAsync(redis.ConnectionString, accepted ?? [Id], findings);
        return findings.All;
    }
}
