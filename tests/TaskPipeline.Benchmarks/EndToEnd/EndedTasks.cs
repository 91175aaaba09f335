using StackExchange.Redis;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>How many tasks of TaskPipeline have ended, seen from outside: by the length of the index that trims them.</summary>
internal static class EndedTasks
{
    public static Task<long> CountAsync(IDatabase redis) => redis.SortedSetLengthAsync("tp:{0}:ended");
}
