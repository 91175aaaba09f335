namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>A stream of tasks, the same for every policy.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Workers">How many workers there are.</param>
/// <param name="Slots">The slots of each, which are its processors too.</param>
/// <param name="LongAfterSeconds">Tasks that take longer belong to the long lane.</param>
/// <param name="Tasks">The tasks in the order of their arrival, made anew from a seed.</param>
internal sealed record Trace(string Name, int Workers, int Slots, double LongAfterSeconds, Func<int, IEnumerable<SimTask>> Tasks)
{
    /// <summary>Two classes: 90 % take 0.5 to 2 s, 10 % take 30 to 120 s, evenly.</summary>
    /// <param name="name">The name.</param>
    /// <param name="workers">The workers.</param>
    /// <param name="slots">The slots of each.</param>
    /// <param name="load">The share of the slots that the tasks keep busy.</param>
    /// <param name="count">How many tasks.</param>
    /// <param name="shortAsLong">The share of short tasks that are taken for long ones.</param>
    /// <param name="longAsShort">The share of long tasks that are taken for short ones.</param>
    public static Trace Mix(string name, int workers, int slots, double load, int count, double shortAsLong = 0, double longAsShort = 0) =>
        new(name, workers, slots, LongAfterSeconds: 2, seed => Mix(new Random(seed), load * workers * slots, count, shortAsLong, longAsShort));

    /// <summary>Run times of a bounded Pareto distribution: most take a fifth of a second, some a thousand times that.</summary>
    public static Trace Pareto(string name, int workers, int slots, double load, int count) => new(name, workers, slots, LongAfterSeconds: 2, seed =>
    {
        const double Least = 0.2;
        const double Most = 600;
        const double Shape = 1.1;
        var mean = Shape / (Shape - 1) * Least * (1 - Math.Pow(Least / Most, Shape - 1)) / (1 - Math.Pow(Least / Most, Shape));
        return Poisson(new Random(seed), load * workers * slots / mean, count, (random, at) =>
        {
            var work = Least * Math.Pow(1 - (random.NextDouble() * (1 - Math.Pow(Least / Most, Shape))), -1 / Shape);
            return new SimTask(at, work, work <= 2, work <= 2, client: 0);
        });
    });

    /// <summary>The mix at a load of 0.7, and every half hour 400 short tasks within five seconds.</summary>
    public static Trace Burst(string name, int workers, int slots, int count) => new(name, workers, slots, LongAfterSeconds: 2, seed =>
    {
        var random = new Random(seed + 1);
        var bursts = Enumerable.Range(1, int.MaxValue - 1).SelectMany(n => Enumerable.Range(0, 400).Select(k =>
            new SimTask((n * 1800.0) + (k * 5 / 400.0), 0.5 + (1.5 * random.NextDouble()), isShort: true, judgedShort: true, client: 0)));
        return Merge(Mix(new Random(seed), 0.7 * workers * slots, count, 0, 0), bursts);
    });

    /// <summary>Twenty clients share the mix at a load of 0.7; client 0 drops 3,000 short tasks every two hours.</summary>
    public static Trace Greedy(string name, int workers, int slots, int count) => new(name, workers, slots, LongAfterSeconds: 2, seed =>
    {
        var random = new Random(seed + 1);
        var floods = Enumerable.Range(1, int.MaxValue - 1).SelectMany(n => Enumerable.Range(0, 3000).Select(k =>
            new SimTask((n * 7200.0) + (k * 0.001), 0.5 + (1.5 * random.NextDouble()), isShort: true, judgedShort: true, client: 0)));
        return Merge(Mix(new Random(seed), 0.7 * workers * slots, count, 0, 0), floods);
    });

    private static IEnumerable<SimTask> Mix(Random random, double busy, int count, double shortAsLong, double longAsShort)
    {
        const double MeanWork = (0.9 * 1.25) + (0.1 * 75);
        return Poisson(random, busy / MeanWork, count, (source, at) =>
        {
            var isShort = source.NextDouble() < 0.9;
            var work = isShort ? 0.5 + (1.5 * source.NextDouble()) : 30 + (90 * source.NextDouble());
            var mistaken = source.NextDouble() < (isShort ? shortAsLong : longAsShort);
            return new SimTask(at, work, isShort, isShort != mistaken, client: 1 + source.Next(20));
        });
    }

    private static IEnumerable<SimTask> Poisson(Random random, double rate, int count, Func<Random, double, SimTask> make)
    {
        var at = 0.0;
        for (var n = 0; n < count; n++)
        {
            at -= Math.Log(1 - random.NextDouble()) / rate;
            yield return make(random, at);
        }
    }

    /// <summary>Both streams in order, until the first one ends.</summary>
    private static IEnumerable<SimTask> Merge(IEnumerable<SimTask> stream, IEnumerable<SimTask> other)
    {
        using var others = other.GetEnumerator();
        var more = others.MoveNext();
        foreach (var task in stream)
        {
            while (more && others.Current.Arrival <= task.Arrival)
            {
                yield return others.Current;
                more = others.MoveNext();
            }

            yield return task;
        }
    }
}
