using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Benchmarks.Simulation;

namespace TaskPipeline.Benchmarks.Pipeline;

/// <summary>
/// The mix of the simulation on the real pipeline, ten times as fast: API, brokers and one worker of eight slots, whose tasks sleep, so that the processors of
/// this machine don't matter. Each round is another trace on a pipeline that was just started; it learns for half a minute before anything counts.
/// </summary>
internal static class PipelineMix
{
    private const int Slots = 8;
    private const double Load = 0.9;
    private const double Faster = 10;

    /// <summary>Between the two kinds of tasks: short ones take up to 2 s, long ones 30 s and more, and a quantile may lie a bin (19 %) above the longest run.</summary>
    private const double LongAfterSeconds = 4;

    private static readonly TimeSpan s_learning = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    /// <summary>Runs and returns the table in Markdown.</summary>
    /// <param name="minutes">How long tasks that count are submitted, in each round.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="log">Where what the processes say is written.</param>
    public static async Task<string> RunAsync(int minutes, int rounds, string log)
    {
        var text = new StringBuilder("| round | tasks | short p50 | short p95 | long p50 | long p95 | demoted | told | started in told time | run times ÷ asked |\n");
        text.Append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        var all = new List<MixTask>();
        for (var round = 1; round <= rounds; round++)
        {
            var (tasks, demoted) = await PlayAsync(round, TimeSpan.FromMinutes(minutes), log);
            text.Append(Row(round.ToString(CultureInfo.InvariantCulture), tasks, demoted));
            all.AddRange(tasks);
        }

        text.Append(Row("all", all, demoted: null));
        var share = Share(all);
        text.Append(CultureInfo.InvariantCulture, $"\n| must reach | reached | |\n| --- | ---: | --- |\n| at least 85 % start within the wait they are told (90th percentile) | {100 * share:0.0} % | {(share >= 0.85 ? "yes" : "**no**")} |\n");
        return text.ToString();
    }

    private static async Task<(List<MixTask> Tasks, int Demoted)> PlayAsync(int seed, TimeSpan duration, string log)
    {
        using var said = new StringWriter();
        await using var file = new StreamWriter(log, append: true);
        var options = new LauncherOptions
        {
            Port = Ports.TakeFree(1)[0],
            Workers = 1,
            Slots = Slots,
            Faults = true,
            Settings = new Dictionary<string, string> { ["Tasks__LongAfterSeconds"] = (LongAfterSeconds / Faster).ToString(CultureInfo.InvariantCulture) },
        };
        var tasks = new List<MixTask>();
        await using (var topology = await LocalTopology.StartAsync(options, new RunLog(TextWriter.Synchronized(said)), CancellationToken.None))
        {
            using var http = new HttpClient { BaseAddress = new Uri(topology.ApiAddress()), Timeout = s_longest };
            var submitted = await SubmitAsync(http, seed, duration);
            foreach (var task in submitted)
            {
                tasks.Add(await EndAsync(http, task));
            }
        }

        await file.WriteAsync(said.ToString());
        return (tasks, said.ToString().Split("has outstayed the lane").Length - 1);
    }

    /// <summary>Submits the trace at its own pace; returns what counts.</summary>
    private static async Task<IReadOnlyCollection<MixTask>> SubmitAsync(HttpClient http, int seed, TimeSpan duration)
    {
        var counted = new ConcurrentBag<MixTask>();
        var running = new List<Task>();
        var started = TimeProvider.System.GetTimestamp();
        foreach (var task in Trace.Mix("", 1, Slots, Load, int.MaxValue).Tasks(seed))
        {
            var due = TimeSpan.FromSeconds(task.Arrival / Faster);
            if (due > s_learning + duration)
            {
                break;
            }

            var left = due - TimeProvider.System.GetElapsedTime(started);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            running.Add(SubmitOneAsync(task, due));
        }

        await Task.WhenAll(running);
        return counted;

        async Task SubmitOneAsync(SimTask task, TimeSpan due)
        {
            using var response = await http.PostAsJsonAsync("/tasks", new { algorithm = "fault.stall", input = new { seconds = task.Work / Faster } });
            response.EnsureSuccessStatusCode();
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (due > s_learning)
            {
                var estimate = answer.GetProperty("queue").GetProperty("estimatedStartAt");
                counted.Add(new MixTask(answer.GetProperty("id").GetString()!, task.IsShort, estimate.ValueKind == JsonValueKind.Null ? null : estimate.GetDateTimeOffset(), task.Work / Faster));
            }
        }
    }

    /// <summary>Waits for the end of a task, and compares its start with what it was told.</summary>
    private static async Task<MixTask> EndAsync(HttpClient http, MixTask task)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < s_longest)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/tasks/{task.Id}");
            request.Headers.Add("Prefer", "wait=30");
            using var response = await http.SendAsync(request);
            var ended = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (ended.GetProperty("status").GetString() == "completed")
            {
                var startedAt = ended.GetProperty("startedAt").GetDateTimeOffset();
                return task with
                {
                    Wait = (startedAt - ended.GetProperty("createdAt").GetDateTimeOffset()).TotalSeconds,
                    InTime = startedAt <= task.Told,
                    Ran = ended.GetProperty("usage").GetProperty("wallSeconds").GetDouble(),
                };
            }
        }

        throw new TimeoutException($"Task {task.Id} did not end");
    }

    private static string Row(string round, IReadOnlyCollection<MixTask> tasks, int? demoted)
    {
        double Wait(bool isShort, double share) => Statistics.Percentile([.. tasks.Where(task => task.IsShort == isShort).Select(task => task.Wait)], share);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {round} | {tasks.Count} | {Wait(true, 0.5):0.00} | {Wait(true, 0.95):0.00} | {Wait(false, 0.5):0.00} | {Wait(false, 0.95):0.00} | {demoted} | {tasks.Count(task => task.Told is not null)} | {100 * Share(tasks):0.0} % | {tasks.Sum(task => task.Ran) / tasks.Sum(task => task.Asked):0.00} |\n");
    }

    private static double Share(IReadOnlyCollection<MixTask> tasks) => (double)tasks.Count(task => task.InTime) / tasks.Count(task => task.Told is not null);

    /// <param name="Id">The task.</param>
    /// <param name="IsShort">What it is.</param>
    /// <param name="Told">When it is to have started; null when nothing could be said.</param>
    /// <param name="Asked">How long it is to run, in seconds.</param>
    private sealed record MixTask(string Id, bool IsShort, DateTimeOffset? Told, double Asked)
    {
        /// <summary>How long it has waited, in seconds.</summary>
        public double Wait { get; init; }

        /// <summary>Whether it was started by when it was told.</summary>
        public bool InTime { get; init; }

        /// <summary>How long it has run, in seconds.</summary>
        public double Ran { get; init; }
    }
}
