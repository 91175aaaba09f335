using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <content>Lists: one index for each state and algorithm, merged when a filter names only one of them.</content>
internal sealed partial class RedisTaskStore
{
    public Task<TaskPage> ListAsync(TaskFilter filter, TaskId? before, int limit, CancellationToken cancellationToken) =>
        ListAsync(shards.All, filter, before, limit, cancellationToken);

    public async Task<Trimmed> TrimAsync(int limit, CancellationToken cancellationToken)
    {
        var most = shards.PartOf(limit);
        var answers = await redis.TryAllAsync(
            shards.All, (db, shard) => db.ScriptEvaluateAsync(RedisTaskScripts.Trim, [shard.Ended, shard.All], [shard.Prefix, most]), cancellationToken);
        int[] counts = [.. answers.OfType<RedisResult>().Select(answer => (int)answer)];
        return new Trimmed(counts.Sum(), counts.Any(count => count >= most));
    }

    /// <summary>A page of the tasks of some shards. Each is asked for a whole one: ids are in the order of creation, whichever shard they are in.</summary>
    private async Task<TaskPage> ListAsync(IReadOnlyList<ShardKeys> of, TaskFilter filter, TaskId? before, int limit, CancellationToken cancellationToken)
    {
        RedisValue max = before is { } id ? (RedisValue)id.ToString() : default;
        var indexes = await IndexesAsync(of, filter, cancellationToken);
        var newest = await redis.RunAsync(
            db => Task.WhenAll(indexes.Select(index => db.SortedSetRangeByValueAsync(index, max: max, exclude: Exclude.Stop, order: Order.Descending, take: limit + 1))),
            cancellationToken);

        // A task that changes its state between two reads stands in two indexes, and is listed once.
        var ids = newest.SelectMany(some => some).Select(id => (string)id!).Distinct().OrderDescending(StringComparer.Ordinal).ToArray();
        var page = ids.Take(limit).Select(text => TaskId.TryParse(text, out var id) ? id : throw new InvalidOperationException($"{text} is not a task")).ToArray();
        var tasks = await redis.RunAsync(
            db => Task.WhenAll(page.Select(id => db.HashGetAsync(shards.Of(id).Task(id), ["r", "x", "o"]))), cancellationToken);

        // A task whose retention ended a moment ago may still stand in an index, and one that has changed its state since the index was read is listed under the new one from now on.
        var listed = tasks.Where(fields => !fields[0].IsNull)
            .Select(fields => ToStored(fields[0], input: default, fields[1], fields[2]))
            .Where(task => filter.State is null || task.Record.State == filter.State);
        return new TaskPage([.. listed], ids.Length > limit ? page[^1] : null);
    }

    private async Task<IReadOnlyList<RedisKey>> IndexesAsync(IReadOnlyList<ShardKeys> of, TaskFilter filter, CancellationToken cancellationToken)
    {
        if (filter is { State: null, Algorithm: null })
        {
            return [.. of.Select(shard => shard.All)];
        }

        TaskState[] states = filter.State is { } state ? [state] : Enum.GetValues<TaskState>();
        var algorithms = filter.Algorithm is { } algorithm
            ? [algorithm]
            : (await redis.RunAsync(db => db.HashKeysAsync(FleetKeys.Algorithms), cancellationToken)).Select(name => (string)name!).ToArray();
        return [.. of.SelectMany(shard => states.SelectMany(one => algorithms.Select(name => shard.Index(one, name))))];
    }
}
