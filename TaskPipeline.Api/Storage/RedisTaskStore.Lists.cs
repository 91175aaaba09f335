using StackExchange.Redis;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <content>Lists: one index for each state and algorithm, merged when a filter names only one of them.</content>
internal sealed partial class RedisTaskStore
{
    public async Task<TaskPage> ListAsync(TaskFilter filter, TaskId? before, int limit, CancellationToken cancellationToken)
    {
        RedisValue max = before is { } id ? (RedisValue)id.ToString() : default;
        var indexes = await IndexesAsync(filter, cancellationToken);
        var newest = await redis.RunAsync(
            db => Task.WhenAll(indexes.Select(index => db.SortedSetRangeByValueAsync(index, max: max, exclude: Exclude.Stop, order: Order.Descending, take: limit + 1))),
            cancellationToken);

        // A task that changes its state between two reads stands in two indexes, and is listed once.
        var ids = newest.SelectMany(some => some).Select(id => (string)id!).Distinct().OrderDescending(StringComparer.Ordinal).ToArray();
        var page = ids[..Math.Min(limit, ids.Length)];
        var tasks = await redis.RunAsync(
            db => Task.WhenAll(page.Select(id => db.HashGetAsync($"{RedisTaskKeys.Prefix}task:{id}", ["r", "x", "o"]))), cancellationToken);

        // A task whose retention ended a moment ago may still stand in an index.
        return new TaskPage(
            [.. tasks.Where(fields => !fields[0].IsNull).Select(fields => ToStored(fields[0], input: default, fields[1], fields[2]))],
            ids.Length > limit && TaskId.TryParse(page[^1], out var next) ? next : null);
    }

    public async Task<int> TrimAsync(int limit, CancellationToken cancellationToken) =>
        (int)await EvaluateOneAsync(
            RedisTaskScripts.Trim, [RedisTaskKeys.Ended, RedisTaskKeys.All], [RedisTaskKeys.Prefix, limit], cancellationToken);

    private async Task<IReadOnlyList<RedisKey>> IndexesAsync(TaskFilter filter, CancellationToken cancellationToken)
    {
        if (filter is { State: null, Algorithm: null })
        {
            return [RedisTaskKeys.All];
        }

        TaskState[] states = filter.State is { } state ? [state] : Enum.GetValues<TaskState>();
        var algorithms = filter.Algorithm is { } algorithm
            ? [algorithm]
            : (await redis.RunAsync(db => db.HashKeysAsync(RedisTaskKeys.Algorithms), cancellationToken)).Select(name => (string)name!).ToArray();
        return [.. states.SelectMany(one => algorithms.Select(name => RedisTaskKeys.Index(one, name)))];
    }
}
