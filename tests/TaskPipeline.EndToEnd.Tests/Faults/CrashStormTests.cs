using System.Text.Json;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests.Faults;

/// <summary>Hundreds of crashes at random among other work: everything ends as it must, and nothing is left of it.</summary>
[Collection(FaultCollection.Name)]
public sealed class CrashStormTests(FaultTopology topology)
{
    private const int Tasks = 1_500;
    private const int Crashes = 300;
    private const int Submitters = 32;
    private const double Probability = 0.4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>How many primes there are up to a limit.</summary>
    private static readonly (int Limit, int Count)[] s_primes = [(10, 4), (100, 25), (1_000, 168), (10_000, 1_229), (100_000, 9_592), (1_000_000, 78_498)];

    [Fact]
    public async Task Submit_ThreeHundredCrashesAmongFifteenHundredTasks_AllEndRightAndNothingIsLeft()
    {
        var work = Mixed();
        await topology.SubmitAsync(work[0].Submission, waitSeconds: 60);
        var before = await SettledAsync();
        var worker = topology.WorkerProcess;

        var ended = await RunAllAsync(work);

        Assert.All(work.Zip(ended), pair => pair.First.Expect(pair.Second));
        Assert.Equal(Crashes, ended.Count(task => task.GetProperty("status").GetString() == "failed"));
        Assert.Equal(Tasks, ended.Select(RunningTopology.IdOf).Distinct().Count());
        Assert.Equal(worker, topology.WorkerProcess);
        var after = await SettledAsync();
        Assert.Equal(before with { Sockets = 0 }, after with { Sockets = 0 });

        // A connection to the API may have been opened or closed meanwhile; three hundred hosts must not show.
        Assert.InRange(after.Sockets, before.Sockets - 5, before.Sockets + 5);
    }

    /// <summary>Crashes that are known beforehand, survivors of the same dice, and work that has nothing to do with it, in an order of its own.</summary>
    private static Expected[] Mixed()
    {
        var work = new List<Expected>();
        for (var (seed, crashes) = (0UL, 0); crashes < Crashes; seed++)
        {
            var fate = RandomFault.FateOf(seed, Probability);
            crashes += fate is null ? 0 : 1;
            work.Add(new Expected(
                new { algorithm = "fault.random", input = new { seed, probability = Probability }, maxAttempts = 1 },
                task => ExpectFate(fate, task)));
        }

        for (var n = 0; work.Count < Tasks; n++)
        {
            var (limit, count) = s_primes[n % s_primes.Length];
            work.Add(new Expected(
                new { algorithm = "primes", input = new { limit }, maxAttempts = 1 },
                task => Assert.Equal(count, task.GetProperty("result").GetProperty("count").GetInt32())));
        }

        var all = work.ToArray();
        new Random(1).Shuffle(all);
        return all;
    }

    private static void ExpectFate(string? fate, JsonElement task)
    {
        var failure = task.GetProperty("failure");
        if (fate is null)
        {
            Assert.True(task.GetProperty("result").GetProperty("survived").GetBoolean());
            return;
        }

        Assert.Equal("crash", failure.GetProperty("kind").GetString());
        Assert.StartsWith($"The native code {fate} at 40 %", failure.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement[]> RunAllAsync(Expected[] work)
    {
        var ended = new JsonElement[work.Length];
        await Parallel.ForAsync(0, work.Length, new ParallelOptions { MaxDegreeOfParallelism = Submitters }, async (n, _) =>
        {
            var task = await topology.SubmitAsync(work[n].Submission);
            ended[n] = await topology.EndAsync(task);
        });
        return ended;
    }

    /// <summary>
    /// What the worker holds once it has replaced its hosts: one guard and one host for each slot, one pair to spare, and no zombie. Hosts start and end while
    /// it is looked, so that only what two looks find alike counts.
    /// </summary>
    private async Task<Held> SettledAsync()
    {
        const int Expected = 2 * (FaultTopology.Slots + 1);
        using var limit = new CancellationTokenSource(s_limit);
        Held? last = null;
        while (true)
        {
            var below = topology.Hosts();
            var held = Held.Of(topology);
            var isWhole = held is { Processes: Expected, Folders: FaultTopology.Slots + 1 } && below.All(process => !process.IsZombie) && topology.Started().Count == Expected;
            if (isWhole && held == last)
            {
                return held;
            }

            last = isWhole ? held : null;

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{held}, not {Expected} processes:{Environment.NewLine}{string.Join(Environment.NewLine, below.Concat(topology.Started()))}");
            }

            // Nothing tells that a host of another process was replaced.
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>What a worker holds.</summary>
    private sealed record Held(int Processes, int Folders, int Pipes, int Others, int Sockets)
    {
        public static Held Of(FaultTopology topology)
        {
            var open = ProcessTable.Find(topology.WorkerProcess)!.Value.Descriptors();
            var pipes = open.Count(target => target.StartsWith("pipe:", StringComparison.Ordinal));
            var sockets = open.Count(target => target.StartsWith("socket:", StringComparison.Ordinal));
            var folders = Directory.GetDirectories(topology.WorkFolder).Sum(folder => Directory.GetDirectories(folder).Length);
            return new Held(topology.Hosts().Count, folders, pipes, open.Count - pipes - sockets, sockets);
        }
    }

    private sealed record Expected(object Submission, Action<JsonElement> Expect);
}
