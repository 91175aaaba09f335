using System.Text.Json;

namespace TaskPipeline.Chaos.Load;

/// <summary>Draws the tasks of a load, the same for the same seed: mostly short ones, among them every way in which a task can end.</summary>
internal sealed class TaskMix
{
    private const string Completed = "completed";
    private const string Crashed = "failed:crash";
    private const string Erred = "failed:error";
    private const string Expired = "failed:expired";

    /// <summary>How many primes there are up to a limit.</summary>
    private static readonly (int Limit, int Count)[] s_primes = [(100, 25), (10_000, 1_229), (100_000, 9_592), (1_000_000, 78_498), (10_000_000, 664_579)];

    private static readonly string[] s_crashing = ["fault.segfault", "fault.abort", "fault.fpe", "fault.exit"];
    private static readonly string[] s_priorities = ["urgent", "normal", "normal", "background"];

    private readonly Random _random;
    private readonly (int Weight, Func<TaskPlan> Draw)[] _kinds;

    public TaskMix(int seed)
    {
        _random = new Random(seed);
        _kinds =
        [
            (46, () => Primes("primes")),
            (6, () => Primes("twice") with { Twice = true }),
            (4, () => Hello("hello")),
            (3, () => Stall("long", Seconds(3, 8))),
            (6, Crash),
            (9, Random),
            (4, () => Error(retryable: true)),
            (3, () => Error(retryable: false)),
            (3, () => Hello("cancelled") with { CancelAfter = Seconds(0, 4) }),
            (2, () => Loop() with { CancelAfter = Seconds(0, 3) }),
            (2, () => Primes("cancelled-waiting") with { NotBefore = TimeSpan.FromSeconds(60), CancelAfter = Seconds(0, 5) }),
            (4, () => Primes("start-before") with { StartBefore = Seconds(0.3, 3), Ends = [Completed, Expired] }),
            (4, () => Primes("not-before") with { NotBefore = Seconds(0.5, 4) }),
            (1, () => Limited("fault.deaf", "timeoutSeconds", "timed_out:timeout")),
            (1, () => Limited("fault.stall", "noProgressTimeoutSeconds", "timed_out:no_progress")),
            (2, Rejected),
        ];
    }

    public TaskPlan Next()
    {
        var left = _random.Next(_kinds.Sum(kind => kind.Weight));
        var drawn = _kinds.First(kind => (left -= kind.Weight) < 0).Draw();
        return drawn with { ByEvents = _random.Next(6) == 0 };
    }

    private TaskPlan Primes(string name)
    {
        var (limit, count) = s_primes[_random.Next(s_primes.Length)];
        return new TaskPlan
        {
            Name = name,
            Algorithm = "primes",
            Members = Members(("input", new { limit }), ("priority", s_priorities[_random.Next(s_priorities.Length)])),
            Ends = [Completed],
            IsRight = task => task.GetProperty("result") is { ValueKind: JsonValueKind.Object } result
                && result.GetProperty("limit").GetInt32() == limit && result.GetProperty("count").GetInt32() == count,
        };
    }

    private static TaskPlan Hello(string name) => new()
    {
        Name = name,
        Algorithm = "hello",
        Ends = [Completed],
        IsRight = task => task.GetProperty("output").GetString() == "hello world\n",
    };

    private static TaskPlan Stall(string name, TimeSpan length) => new()
    {
        Name = name,
        Algorithm = "fault.stall",
        Members = Members(("input", new { seconds = length.TotalSeconds })),
        Ends = [Completed],
        IsRight = task => task.GetProperty("result").ValueKind == JsonValueKind.Null,
    };

    private static TaskPlan Loop() => new() { Name = "cancelled", Algorithm = "fault.loop", Ends = ["timed_out:timeout"] };

    private TaskPlan Crash() => new() { Name = "crashing", Algorithm = s_crashing[_random.Next(s_crashing.Length)], Ends = [Crashed] };

    private static TaskPlan Random() => new()
    {
        Name = "random",
        Algorithm = "fault.random",
        Members = Members(("input", new { probability = 0.4 })),
        Ends = [Completed, Crashed],
        IsRight = task => task.GetProperty("result").GetProperty("survived").GetBoolean(),
    };

    private static TaskPlan Error(bool retryable) => new()
    {
        Name = retryable ? "retryable" : "failing",
        Algorithm = "fault.error",
        Members = Members(("input", new { retryable }), ("maxAttempts", 2)),
        Ends = [Erred],
    };

    private static TaskPlan Limited(string algorithm, string limit, string end) => new()
    {
        Name = "timed-out",
        Algorithm = algorithm,
        Members = Members((limit, 1)),
        Ends = [end],
    };

    private static TaskPlan Rejected() => new()
    {
        Name = "rejected",
        Algorithm = "primes",
        Members = Members(("input", new { limit = "many" })),
        Ends = ["failed:rejected"],
    };

    private static Dictionary<string, object> Members(params (string Name, object Value)[] members) =>
        members.ToDictionary(member => member.Name, member => member.Value);

    private TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (_random.NextDouble() * (most - least)));
}
