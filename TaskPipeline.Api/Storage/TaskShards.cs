using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The shards of the tasks, and which of them is whose: the lower bits of the tag in a task's id say it. What concerns one task is one
/// script on one shard; what concerns many is asked of each shard in one pipelined round. Immutable.
/// </summary>
internal sealed class TaskShards(IOptions<TaskStoreOptions> options)
{
    private readonly ShardKeys[] _shards = [.. Enumerable.Range(0, options.Value.Shards).Select(number => new ShardKeys(number))];

    public int Count => _shards.Length;

    public IReadOnlyList<ShardKeys> All => _shards;

    /// <summary>The command that tells a change. A cluster sends what is published by <c>PUBLISH</c> to all of its servers, what is published by <c>SPUBLISH</c> to none; that one is new with Redis 7.</summary>
    public string PublishCommand => Count == 1 ? "PUBLISH" : "SPUBLISH";

    /// <summary>The shard of a task.</summary>
    public ShardKeys Of(TaskId id) => Of(id.Tag);

    /// <summary>The shard of the tasks whose ids carry a tag.</summary>
    public ShardKeys Of(byte tag) => _shards[tag & (_shards.Length - 1)];

    /// <summary>The channel on which changes of a task are told.</summary>
    public RedisChannel Changes(TaskId id) => Channel(Of(id).Changes(id));

    /// <summary>The channel on which a replica is told the ends of tasks of a shard.</summary>
    public RedisChannel Replies(ShardKeys shard, string replica) => Channel(shard.Replies(replica));

    /// <summary>A shard's part of a bound of the whole store, rounded up.</summary>
    public long PartOf(long bound) => (bound + Count - 1) / Count;

    /// <summary>The positions of what belongs to each shard, in order; shards of which there is nothing are left out.</summary>
    public IReadOnlyList<ShardPart> Split<T>(IReadOnlyList<T> items, Func<T, TaskId> idOf)
    {
        if (Count == 1)
        {
            return items.Count == 0 ? [] : [new ShardPart(_shards[0], [.. Enumerable.Range(0, items.Count)])];
        }

        var parts = new List<int>?[Count];
        for (var n = 0; n < items.Count; n++)
        {
            (parts[Of(idOf(items[n])).Number] ??= []).Add(n);
        }

        return [.. _shards.Where(shard => parts[shard.Number] is not null).Select(shard => new ShardPart(shard, parts[shard.Number]!))];
    }

    private RedisChannel Channel(string name) => Count == 1 ? RedisChannel.Literal(name) : RedisChannel.Sharded(name);
}

/// <summary>Those of a list of things that belong to one shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Positions">Where they stand in the list.</param>
internal sealed record ShardPart(ShardKeys Shard, IReadOnlyList<int> Positions);
