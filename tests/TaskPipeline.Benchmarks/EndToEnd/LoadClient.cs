using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// A system that takes tasks by <c>POST /tasks</c>, answers <c>Prefer: wait</c> when the end of the task is stored, and has its
/// ended tasks counted in Redis.
/// </summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="Ended">Counts the tasks whose end is stored.</param>
/// <param name="Roots">Its processes, servers included.</param>
internal sealed record Subject(string Name, int Port, Func<IDatabase, Task<long>> Ended, IReadOnlyList<int> Roots);

/// <summary>Puts load on a subject.</summary>
internal sealed class LoadClient(Subject subject, IDatabase redis)
{
    public const int Submitters = 64;

    private const string Body = """{"algorithm":"primes","input":{"limit":10}}""";

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    /// <summary>Submits with 64 submitters, each with one request under way, and waits until every end is stored.</summary>
    public async Task<ThroughputResult> ThroughputAsync(int tasks)
    {
        var request = HttpConnection.Post("/tasks", Body);
        var connections = await Task.WhenAll(Enumerable.Range(0, Submitters).Select(_ => HttpConnection.OpenAsync(subject.Port)));
        var before = await subject.Ended(redis);
        var cpuBefore = ProcessTree.CpuSeconds(subject.Roots);
        var clock = Stopwatch.StartNew();
        var left = tasks;
        await Task.WhenAll(connections.Select(async connection =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                Expect(202, await connection.SendAsync(request));
            }
        }));
        var submitted = clock.Elapsed;
        while (await subject.Ended(redis) - before < tasks)
        {
            if (clock.Elapsed > s_longest)
            {
                throw new TimeoutException($"{subject.Name}: {tasks - (await subject.Ended(redis) - before)} of {tasks} tasks did not end");
            }

            await Task.Delay(5);
        }

        var elapsed = clock.Elapsed;
        var cpu = CpuPerThousand(cpuBefore, tasks);
        foreach (var connection in connections)
        {
            connection.Dispose();
        }

        return new ThroughputResult(tasks / elapsed.TotalSeconds, tasks / submitted.TotalSeconds, cpu);
    }

    /// <summary>One task after the other, each from its submission to the answer that says it has ended, in milliseconds.</summary>
    public async Task<IReadOnlyList<double>> UnloadedAsync(int tasks)
    {
        var request = HttpConnection.Post("/tasks", Body, "wait=10");
        using var connection = await HttpConnection.OpenAsync(subject.Port);
        var latencies = new List<double>(tasks);
        for (var n = 0; n < tasks; n++)
        {
            var start = Stopwatch.GetTimestamp();
            Expect(200, await connection.SendAsync(request));
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return latencies;
    }

    /// <summary>One task after the other, and where its time goes by what its answer says: to its creation, its claim, its end and the answer, in milliseconds. Of TaskPipeline alone.</summary>
    public async Task<IReadOnlyList<double[]>> StagesAsync(int tasks)
    {
        var request = HttpConnection.Post("/tasks", Body, "wait=10");
        using var connection = await HttpConnection.OpenAsync(subject.Port);
        var stages = new List<double[]>(tasks);
        for (var n = 0; n < tasks; n++)
        {
            // Redis, whose clock the times are by, runs on this machine.
            var sent = DateTimeOffset.UtcNow;
            var answer = await connection.SendAsync(request);
            DateTimeOffset[] times = [sent, TimeOf(answer, "createdAt"), TimeOf(answer, "startedAt"), TimeOf(answer, "finishedAt"), DateTimeOffset.UtcNow];
            stages.Add([.. times.Skip(1).Zip(times, (after, before) => (after - before).TotalMilliseconds)]);
        }

        return stages;
    }

    /// <summary>Tasks at an even rate, whatever the answers do.</summary>
    public async Task<PacedResult> PacedAsync(double perSecond, TimeSpan duration)
    {
        const int Connections = 256;
        var request = HttpConnection.Post("/tasks", Body, "wait=10");
        var idle = new Stack<HttpConnection>(await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => HttpConnection.OpenAsync(subject.Port))));
        var tasks = (int)(perSecond * duration.TotalSeconds);
        var latencies = new double[tasks];
        var running = new List<Task>(tasks);
        var cpuBefore = ProcessTree.CpuSeconds(subject.Roots);
        var clock = Stopwatch.StartNew();
        for (var n = 0; n < tasks; n++)
        {
            var due = TimeSpan.FromSeconds(n / perSecond);
            while (clock.Elapsed < due)
            {
                await Task.Delay(1);
            }

            running.Add(SendOneAsync(n, due));
        }

        await Task.WhenAll(running);
        var cpu = CpuPerThousand(cpuBefore, tasks);
        foreach (var connection in idle)
        {
            connection.Dispose();
        }

        return new PacedResult(latencies, cpu);

        async Task SendOneAsync(int n, TimeSpan due)
        {
            HttpConnection? connection;
            lock (idle)
            {
                idle.TryPop(out connection);
            }

            connection ??= await HttpConnection.OpenAsync(subject.Port);
            Expect(200, await connection.SendAsync(request));
            latencies[n] = (clock.Elapsed - due).TotalMilliseconds;
            lock (idle)
            {
                idle.Push(connection);
            }
        }
    }

    private Dictionary<string, double> CpuPerThousand(IReadOnlyDictionary<string, double> before, int tasks) => ProcessTree.CpuSeconds(subject.Roots)
        .ToDictionary(entry => entry.Key, entry => (entry.Value - before.GetValueOrDefault(entry.Key)) / tasks * 1000);

    private static DateTimeOffset TimeOf((int Status, ReadOnlyMemory<byte> Answer) answer, string member) =>
        DateTimeOffset.Parse(HttpConnection.TextOf(answer.Answer, member), CultureInfo.InvariantCulture);

    private void Expect(int status, (int Status, ReadOnlyMemory<byte> Answer) answer)
    {
        if (answer.Status != status)
        {
            throw new InvalidOperationException($"{subject.Name} answered {System.Text.Encoding.UTF8.GetString(answer.Answer.Span)}");
        }
    }
}

/// <summary>What a run under full load came to.</summary>
/// <param name="PerSecond">Tasks per second from the first submission to the last stored end.</param>
/// <param name="SubmittedPerSecond">Accepted per second.</param>
/// <param name="CpuByName">Processor seconds of the subject for 1,000 tasks, by the name of the program.</param>
internal sealed record ThroughputResult(double PerSecond, double SubmittedPerSecond, IReadOnlyDictionary<string, double> CpuByName)
{
    /// <summary>Processor seconds of the subject for 1,000 tasks.</summary>
    public double CpuPerThousand => CpuByName.Values.Sum();
}

/// <summary>What a run at an even rate came to.</summary>
/// <param name="Latencies">Of each task, from the moment when it was due, in milliseconds.</param>
/// <param name="CpuByName">Processor seconds of the subject for 1,000 tasks, by the name of the program.</param>
internal sealed record PacedResult(IReadOnlyList<double> Latencies, IReadOnlyDictionary<string, double> CpuByName);
