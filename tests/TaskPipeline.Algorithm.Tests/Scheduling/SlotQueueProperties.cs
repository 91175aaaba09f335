using CsCheck;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;

namespace TaskPipeline.Algorithm.Tests.Scheduling;

/// <summary>What holds for every sequence of arrivals, ends, demotions and changes of the reserve.</summary>
public sealed class SlotQueueProperties
{
    private static readonly Gen<Step> s_step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3], Gen.Int[0, 99], Gen.Int[0, 40_000], (kind, lane, pick, milliseconds) =>
        new Step(kind, (Lane)lane, pick, TimeSpan.FromMilliseconds(milliseconds)));

    private static readonly Gen<Scenario> s_scenario = Gen.Select(
        Gen.Int[1, 9], Gen.Int[0, 4], Gen.Int[0, 3], s_step.Array[0, 120], (slots, reserved, extra, steps) => new Scenario(slots, reserved, extra, steps));

    [Fact]
    public void TryStart_AnyHistory_NeverStartsASlowTaskOnAReservedSlot() => s_scenario.Sample(scenario => Play(scenario, (before, started, _) =>
    {
        if (!SlotCounts.IsQuick(started.Lane))
        {
            Assert.True(before.Slow < Math.Max(1, before.Slots - before.Reserved), $"{before}");
            Assert.True(before.Quick + before.Slow < before.Slots, $"{before}");
        }
    }));

    [Fact]
    public void TryStart_AnyHistory_NeverRunsMoreThanTheSlotsAndTheExtraProcesses() => s_scenario.Sample(scenario => Play(scenario, (before, _, _) =>
    {
        var extra = Math.Clamp(before.Slow - Math.Max(1, before.Slots - before.Reserved), 0, Math.Min(before.Demoted, scenario.Extra));
        Assert.True(before.Quick + before.Slow < before.Slots + extra, $"{before}");
    }));

    [Fact]
    public void TryStart_NothingStarts_NoWaitingEntryMayUseAFreeSlot() => s_scenario.Sample(scenario => Play(scenario, idle: (queue, running) =>
    {
        var counts = queue.Counts;
        var free = counts.Quick + counts.Slow < counts.Slots;
        var quickWaits = Runnable(queue, running, Lane.Urgent) || Runnable(queue, running, Lane.Short);
        var slowWaits = Runnable(queue, running, Lane.Long) || Runnable(queue, running, Lane.Background);
        Assert.False(free && quickWaits, $"{counts}");
        Assert.False(free && slowWaits && counts.Slow < Math.Max(1, counts.Slots - counts.Reserved), $"{counts}");
    }));

    [Fact]
    public void TryStart_AnyHistory_NeverExceedsTheBudgetOfAgeing() => s_scenario.Sample(scenario =>
    {
        var share = new SchedulingOptions().AgeingShare;
        var (starts, passes) = (0, 0);
        Play(scenario, (_, started, earlierWaits) =>
        {
            starts++;
            passes += earlierWaits ? 1 : 0;
            Assert.True(passes <= 1 + (starts * share), $"{passes} of {starts} starts passed");
        });
    });

    [Fact]
    public void TryStart_UrgentNeverRunsDry_EveryLaneIsServedAllTheSame() => Gen.Select(Gen.Int[1, 6], Gen.Int[0, 3]).Sample((slots, reserved) =>
    {
        var options = new SchedulingOptions();
        var queue = new SlotQueue<int>(slots, options) { Reserved = reserved };
        var running = new Queue<RunningSlot<int>>();
        var now = TimeSpan.Zero;
        foreach (var lane in new[] { Lane.Short, Lane.Long, Lane.Background })
        {
            queue.Add(lane, (int)lane, "a", maxConcurrent: 0, now);
        }

        // Longer than the patience of all, and then some rounds of the budget for each.
        for (var round = 0; round < 6000; round++)
        {
            now += TimeSpan.FromMilliseconds(200);
            queue.Add(Lane.Urgent, 0, "a", maxConcurrent: 0, now);
            while (queue.TryStart(now) is { } started)
            {
                running.Enqueue(started);
            }

            queue.Release(running.Dequeue(), now);
        }

        Assert.Equal([0, 0, 0], new[] { Lane.Short, Lane.Long, Lane.Background }.Select(queue.Waiting));
    }, iter: 20);

    [Fact]
    public void TryStart_ALongTaskHasWaitedInTheBroker_CountsThatWait()
    {
        var options = new SchedulingOptions();
        var queue = new SlotQueue<string>(1, options);
        queue.Add(Lane.Short, "short", "a", maxConcurrent: 0, TimeSpan.Zero);
        queue.Add(Lane.Long, "long", "a", maxConcurrent: 0, TimeSpan.Zero, waited: options.Long.Patience);

        Assert.Equal("long", queue.TryStart(TimeSpan.Zero)!.Item);
    }

    [Fact]
    public void TryStart_AnAlgorithmRunsAsOftenAsItMay_IsPassedOver()
    {
        var queue = new SlotQueue<string>(4, new SchedulingOptions());
        queue.Add(Lane.Short, "first", "single", maxConcurrent: 1, TimeSpan.Zero);
        queue.Add(Lane.Short, "second", "single", maxConcurrent: 1, TimeSpan.Zero);
        queue.Add(Lane.Short, "other", "free", maxConcurrent: 0, TimeSpan.Zero);

        var first = queue.TryStart(TimeSpan.Zero)!;
        Assert.Equal("other", queue.TryStart(TimeSpan.Zero)!.Item);
        Assert.Null(queue.TryStart(TimeSpan.Zero));
        queue.Release(first, TimeSpan.Zero);

        Assert.Equal("second", queue.TryStart(TimeSpan.Zero)!.Item);
    }

    [Fact]
    public void MayHold_SlotsAreTaken_IsWhatRunsAndCanStartAndOneMore()
    {
        var queue = new SlotQueue<int>(4, new SchedulingOptions()) { Reserved = 1 };
        for (var n = 0; n < 5; n++)
        {
            queue.Add(Lane.Long, n, "a", maxConcurrent: 0, TimeSpan.Zero);
        }

        while (queue.TryStart(TimeSpan.Zero) is not null)
        {
        }

        Assert.Equal(3, queue.Running(Lane.Long));
        Assert.Equal(1 + 1, queue.MayHold(Lane.Short));
        Assert.Equal(3 + 0 + 1, queue.MayHold(Lane.Long));
        Assert.Equal(0 + 0 + 1, queue.MayHold(Lane.Background));
    }

    [Fact]
    public void MayHold_RunsAreVeryShort_IsMoreWhileAnyCanRunHere()
    {
        var queue = new SlotQueue<int>(4, new SchedulingOptions());
        queue.Add(Lane.Short, 0, "a", maxConcurrent: 0, TimeSpan.Zero);
        queue.Release(queue.TryStart(TimeSpan.Zero)!, TimeSpan.FromMilliseconds(10));

        Assert.Equal(4 * new SchedulingOptions().FastPrefetchPerSlot, queue.MayHold(Lane.Short));
        Assert.Equal(5, queue.MayHold(Lane.Long));

        for (var n = 0; n < 4; n++)
        {
            queue.Add(Lane.Long, n, "a", maxConcurrent: 0, TimeSpan.Zero);
            queue.TryStart(TimeSpan.Zero);
        }

        Assert.Equal(1, queue.MayHold(Lane.Short));
    }

    [Fact]
    public void MayHold_AnyHistory_IsAtMostOneBeyondWhatRunsAndCanStart() => s_scenario.Sample(scenario => Play(scenario, idle: (queue, running) =>
    {
        foreach (var lane in Enum.GetValues<Lane>().Where(lane => !queue.IsFast(lane)))
        {
            Assert.Equal(running.Count(slot => slot.Lane == lane) + queue.Counts.Startable(lane) + 1, queue.MayHold(lane));
        }
    }));

    [Fact]
    public void TryGiveBack_AnotherWorkerHasRoom_GivesWhatHasWaitedLongEnough()
    {
        var queue = new SlotQueue<string>(1, new SchedulingOptions());
        queue.Add(Lane.Short, "runs", "a", maxConcurrent: 0, TimeSpan.Zero);
        queue.TryStart(TimeSpan.Zero);
        queue.Add(Lane.Short, "waits", "a", maxConcurrent: 0, TimeSpan.Zero);

        Assert.False(queue.TryGiveBack([Lane.Short], TimeSpan.FromSeconds(0.9), out _));
        Assert.False(queue.TryGiveBack([Lane.Long], TimeSpan.FromSeconds(1), out _));
        Assert.True(queue.TryGiveBack([Lane.Short], TimeSpan.FromSeconds(1), out var given));
        Assert.Equal("waits", given);
        Assert.Equal(0, queue.Waiting(Lane.Short));
    }

    private static bool Runnable(SlotQueue<(string Algorithm, int Max)> queue, IEnumerable<RunningSlot<(string Algorithm, int Max)>> running, Lane lane) =>
        queue.Waiting(lane) > 0 && queue.WaitingItems(lane).Any(item => item.Max == 0 || running.Count(slot => slot.Algorithm == item.Algorithm) < item.Max);

    private static void Play(
        Scenario scenario,
        Action<SlotCounts, RunningSlot<(string Algorithm, int Max)>, bool>? started = null,
        Action<SlotQueue<(string Algorithm, int Max)>, List<RunningSlot<(string Algorithm, int Max)>>>? idle = null)
    {
        var queue = new SlotQueue<(string Algorithm, int Max)>(scenario.Slots, new SchedulingOptions { MaxExtraProcesses = scenario.Extra }) { Reserved = scenario.Reserved };
        var running = new List<RunningSlot<(string Algorithm, int Max)>>();
        var now = TimeSpan.Zero;
        foreach (var step in scenario.Steps)
        {
            now += step.Passes;
            Do(step, queue, running, now);
            while (true)
            {
                var before = queue.Counts;
                var waiting = Enum.GetValues<Lane>().Select(lane => Runnable(queue, running, lane) && before.Startable(lane) > 0).ToArray();
                if (queue.TryStart(now) is not { } slot)
                {
                    break;
                }

                running.Add(slot);
                started?.Invoke(before, slot, waiting.Take((int)slot.Lane).Any(waits => waits));
            }

            idle?.Invoke(queue, running);
        }
    }

    private static void Do(Step step, SlotQueue<(string Algorithm, int Max)> queue, List<RunningSlot<(string Algorithm, int Max)>> running, TimeSpan now)
    {
        switch (step.Kind)
        {
            case <= 4:
                var max = step.Pick % 3 == 0 ? 1 : 0;
                queue.Add(step.Lane, (max == 1 ? "single" : "free", max), max == 1 ? "single" : "free", max, now);
                break;
            case <= 6 when running.Count > 0:
                var ended = running[step.Pick % running.Count];
                running.Remove(ended);
                queue.Release(ended, now);
                queue.Release(ended, now);
                break;
            case <= 8 when running.Count > 0:
                queue.Demote(running[step.Pick % running.Count], now);
                break;
            default:
                queue.Reserved = step.Pick % (queue.Counts.Slots + 2);
                break;
        }
    }

    private sealed record Step(int Kind, Lane Lane, int Pick, TimeSpan Passes);

    private sealed record Scenario(int Slots, int Reserved, int Extra, Step[] Steps);
}
