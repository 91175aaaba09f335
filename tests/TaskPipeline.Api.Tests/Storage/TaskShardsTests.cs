using Microsoft.Extensions.Options;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Tests.Storage;

/// <summary>Which shard and which queue is whose.</summary>
public sealed class TaskShardsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 27, 12, 0, 0, 123, 456, TimeSpan.Zero);

    [Fact]
    public void Create_WithATag_IsAVersionSevenIdThatEndsWithIt()
    {
        for (var tag = 0; tag < 256; tag++)
        {
            var id = TaskId.Create(s_now, (byte)tag);

            Assert.Equal(tag, id.Tag);
            Assert.EndsWith($"{tag:x2}", id.ToString(), StringComparison.Ordinal);
            Assert.Equal((7, 8), (id.Value.Version, id.Value.Variant & 0xC));
            Assert.True(TaskId.TryParse(id.ToString(), out var parsed));
            Assert.Equal(tag, parsed.Tag);
        }
    }

    [Fact]
    public void Create_OneMicrosecondApart_SortsByTimeWhateverTheTag() =>
        Assert.True(TaskId.Create(s_now, 255) < TaskId.Create(s_now.AddMicroseconds(1), 0));

    [Fact]
    public void Create_WithoutATag_GivesEveryTagItsShare()
    {
        var tags = Enumerable.Range(0, 10_000).Select(_ => TaskId.Create(s_now)).CountBy(id => id.Tag % 4).ToArray();

        Assert.Equal(4, tags.Length);
        Assert.All(tags, tag => Assert.InRange(tag.Value, 2_200, 2_800));
    }

    [Fact]
    public void Tag_OfAKey_IsTheLastByteOfItsHash() => Assert.Equal(0xA7, new IdempotencyKey("00ff00a7", "").Tag);

    [Fact]
    public void Keys_OfOneShard_AreWhatTheyAlwaysWere()
    {
        var shard = Assert.Single(Shards(1).All);
        var id = TaskId.Create(s_now, 0xA7);

        Assert.Equal(
            ["tp:{0}:timers", "tp:{0}:timers-served", "tp:{0}:ended", "tp:{0}:all", "tp:{0}:unpublished", "tp:{0}:lanes-running", "tp:{0}:lane:short", $"tp:{{0}}:task:{id}"],
            new[] { shard.Timers, shard.TimersServed, shard.Ended, shard.All, shard.Unpublished, shard.LanesRunning, shard.LaneQueue(Lane.Short), shard.Task(id) }.Select(key => (string)key!));
        Assert.Equal("PUBLISH", Shards(1).PublishCommand);
        Assert.False(Shards(1).Changes(id).IsSharded);
    }

    [Fact]
    public void Of_ATask_IsTheShardOfTheLowerBitsOfItsTag()
    {
        var shards = Shards(8);
        var id = TaskId.Create(s_now, 0xA7);

        Assert.Equal(7, shards.Of(id).Number);
        Assert.Equal($"tp:{{7}}:task:{id}", (string)shards.Of(id).Task(id)!);
        Assert.Equal($"tp:{{7}}:changes:{id}", (string)shards.Changes(id)!);
        Assert.True(shards.Changes(id).IsSharded);
    }

    [Theory]
    [InlineData(100_000, 4, 25_000)]
    [InlineData(3, 4, 1)]
    [InlineData(5, 4, 2)]
    [InlineData(0, 4, 0)]
    [InlineData(7, 1, 7)]
    public void PartOf_ABound_IsRoundedUp(long bound, int shards, long part) => Assert.Equal(part, Shards(shards).PartOf(bound));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Split_GivesEachShardWhatIsItsOwnInOrder(int count)
    {
        byte[] tags = [3, 0, 7, 3, 1, 255];
        TaskId[] ids = [.. tags.Select(tag => TaskId.Create(s_now, tag))];

        var parts = Shards(count).Split(ids, id => id);

        Assert.Equal(Enumerable.Range(0, ids.Length), parts.SelectMany(part => part.Positions).Order());
        Assert.All(parts, part => Assert.Equal(part.Positions.Order(), part.Positions));
        Assert.All(parts, part => Assert.All(part.Positions, n => Assert.Equal(tags[n] % count, part.Shard.Number)));
        Assert.Equal(tags.Select(tag => tag % count).Distinct().Order(), parts.Select(part => part.Shard.Number));
    }

    [Fact]
    public void Queue_TheFirstOfALane_HasItsName()
    {
        Assert.Equal(("taskpipeline.tasks.short", "short"), Names(new LaneQueue(Lane.Short, 0, Of: 4)));
        Assert.Equal(("taskpipeline.tasks.short.3", "short.3"), Names(new LaneQueue(Lane.Short, 3, Of: 4)));

        static (string, string) Names(LaneQueue queue) => (queue.Name, queue.RoutingKey);
    }

    [Fact]
    public void Queue_OfATask_IsTheOnlyOneThatCarriesIt()
    {
        for (var tag = 0; tag < 256; tag++)
        {
            var id = TaskId.Create(s_now, (byte)tag);
            var carrying = LaneQueue.All(Lane.Long, of: 8).Where(queue => queue.Carries(Lane.Long, id));

            Assert.Equal(LaneQueue.For(Lane.Long, id, of: 8), Assert.Single(carrying));
            Assert.DoesNotContain(LaneQueue.All(Lane.Short, of: 8), queue => queue.Carries(Lane.Long, id));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    [InlineData(8, 2)]
    [InlineData(2, 8)]
    public void MayCarry_IsTrueOfTheShardsThatHaveTasksOfTheQueue(int queues, int shards)
    {
        foreach (var queue in LaneQueue.All(Lane.Short, queues))
        {
            var carried = Enumerable.Range(0, 256).Select(tag => TaskId.Create(s_now, (byte)tag)).Where(id => queue.Carries(Lane.Short, id));

            Assert.Equal(
                carried.Select(id => id.Tag % shards).Distinct().Order(),
                Enumerable.Range(0, shards).Where(shard => queue.MayCarry(shard, shards)));
        }
    }

    private static TaskShards Shards(int count) => new(Options.Create(new TaskStoreOptions { Shards = count }));
}
