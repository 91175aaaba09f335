using System.Globalization;
using System.Text;
using StackExchange.Redis;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// Many readers of <c>GET /tasks/{id}/events</c> on one API: half of them follow one task, the others one each. The tasks are <c>hello</c> (three seconds, three
/// steps) and begin together once everybody listens; as many run at a time as there are slots. Timed are the two changes that carry the time of their storage, start
/// and end; all events are counted. Before each round the same tasks run without readers, so that what the readers cost the API can be told from what the tasks cost it.
/// </summary>
internal static class FanoutBenchmark
{
    private const int Workers = 2;

    private static readonly TimeSpan s_untilDue = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_openLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_runLimit = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments, "--readers", "--rounds", "--slots", "--log");
        var (readers, slots) = (options.Number("--readers", 1000), options.Number("--slots", 32));
        await using var log = new StreamWriter(options.Text("--log", "/dev/null"), append: true);
        var launch = new LauncherOptions { Port = Ports.TakeFree(1)[0], Workers = Workers, Slots = slots };
        using var startLimit = new CancellationTokenSource(s_openLimit);
        await using var topology = await LocalTopology.StartAsync(launch, new RunLog(log), startLimit.Token);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(topology.RedisAddress);
        var bench = new Round(launch.Port, topology.Apis[0].Id!.Value, connection.GetDatabase(), readers);

        // The first one warms up; its readers are the first whom the API must find memory for.
        var first = await bench.RunAsync(withReaders: true);
        var (alone, table) = (new List<RoundResult>(), new List<RoundResult>());
        for (var round = 0; round < options.Number("--rounds", 2); round++)
        {
            alone.Add(await bench.RunAsync(withReaders: false));
            table.Add(await bench.RunAsync(withReaders: true));
        }

        await WriteAsync(readers, slots, first, alone, table);
        return first.Dropped + table.Sum(round => round.Dropped) == 0 ? 0 : 1;
    }

    private static async Task WriteAsync(int readers, int slots, RoundResult first, List<RoundResult> alone, List<RoundResult> table)
    {
        double Mean(Func<RoundResult, double> value) => table.Average(value);
        var changes = table.SelectMany(round => round.Changes).ToList();
        var each = changes.SelectMany(change => change).ToList();
        var last = changes.Select(change => change.Max()).ToList();
        var lastOfMany = changes.Where(change => change.Count > 1).Select(change => change.Max()).ToList();
        var events = Mean(round => round.Events);
        var cpu = Mean(round => round.ApiCpuSeconds);
        string P(List<double> all) => string.Create(
            CultureInfo.InvariantCulture, $"{Statistics.Median(all):0.0} / {Statistics.Percentile(all, 0.99):0.0} / {all.Max():0.0}");
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
            {readers} readers, {readers / 2} of one task; {Workers} workers of {slots} slots; {table.Count} rounds

            | what | |
            | --- | --- |
            | change stored until a reader has it, p50 / p99 / most ms | {P(each)} |
            | until the last reader of the change has it, p50 / p99 / most ms | {P(last)} |
            | the same, the task with {readers / 2} readers | {P(lastOfMany)} |
            | events in a round; in its busiest second | {events:0}; {Mean(round => round.BusiestSecond):0} |
            | API CPU s per 1,000 events, all of it / beyond the same tasks without readers | {cpu / events * 1000:0.000} / {(cpu - alone.Average(round => round.ApiCpuSeconds)) / events * 1000:0.000} |
            | API resident KiB per reader | {first.BytesPerReader / 1024:0.0} |
            | readers dropped | {first.Dropped + table.Sum(round => round.Dropped)} |
            """));
    }

    /// <param name="Changes">For each timed change the milliseconds of all of its readers.</param>
    /// <param name="Events">How many events all readers had.</param>
    /// <param name="BusiestSecond">The most of them in one second.</param>
    /// <param name="ApiCpuSeconds">Processor time of the API from the moment when everybody listened.</param>
    /// <param name="BytesPerReader">What the API's resident memory grew by while the readers came.</param>
    /// <param name="Dropped">Readers that did not hear of the end.</param>
    private sealed record RoundResult(
        IReadOnlyList<IReadOnlyList<double>> Changes, int Events, int BusiestSecond, double ApiCpuSeconds, double BytesPerReader, int Dropped);

    private sealed class Round(int port, int api, IDatabase redis, int readers)
    {
        public async Task<RoundResult> RunAsync(bool withReaders)
        {
            var ended = await EndedTasks.CountAsync(redis);
            var due = DateTimeOffset.UtcNow + s_untilDue;
            var (shared, own) = await SubmitAsync(due);
            var memory = ProcessTree.ResidentBytes([api]);
            var all = withReaders ? await OpenAsync(shared, own) : [];
            try
            {
                var grown = ProcessTree.ResidentBytes([api]) - memory;
                if (DateTimeOffset.UtcNow >= due)
                {
                    throw new TimeoutException("The tasks began before everybody listened");
                }

                using var limit = new CancellationTokenSource(s_runLimit);
                var cpu = ApiCpuSeconds();
                await Task.WhenAll(all.Select(reader => reader.ReadAsync(limit.Token)));
                while (await EndedTasks.CountAsync(redis) - ended < own.Count + 1)
                {
                    await Task.Delay(50, limit.Token);
                }

                return Result(all, ApiCpuSeconds() - cpu, (double)grown / readers);
            }
            finally
            {
                all.ForEach(reader => reader.Dispose());
            }
        }

        private RoundResult Result(List<EventReader> all, double cpu, double bytesPerReader)
        {
            // The readers of the one task come first.
            var shared = all.Take(readers / 2).ToList();
            List<List<EventReader>> audiences = [shared, .. all.Skip(readers / 2).Select(reader => (List<EventReader>)[reader])];
            var changes = audiences
                .SelectMany(audience => (List<double>[])[[.. audience.Select(reader => reader.StartHeardAfter).OfType<double>()], [.. audience.Select(reader => reader.EndHeardAfter).OfType<double>()]])
                .Where(change => change.Count > 0);
            var busiest = all.SelectMany(reader => reader.Events).GroupBy(time => time.ToUnixTimeSeconds()).Select(second => second.Count());
            return new RoundResult(
                [.. changes], all.Sum(reader => reader.Events.Count), busiest.DefaultIfEmpty().Max(), cpu, bytesPerReader, all.Count(reader => reader.EndHeardAfter is null));
        }

        // The one task first of all: its lane is the urgent one.
        private async Task<(string Shared, List<string> Own)> SubmitAsync(DateTimeOffset due)
        {
            using var client = await HttpConnection.OpenAsync(port);
            var shared = await SubmitOneAsync(client, due, "urgent");
            var own = new List<string>();
            while (own.Count < readers - (readers / 2))
            {
                own.Add(await SubmitOneAsync(client, due, "normal"));
            }

            return (shared, own);
        }

        private static async Task<string> SubmitOneAsync(HttpConnection client, DateTimeOffset due, string priority)
        {
            var body = $$"""{"algorithm":"hello","priority":"{{priority}}","notBefore":"{{due.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}}"}""";
            var (status, answer) = await client.SendAsync(HttpConnection.Post("/tasks", body)).WaitAsync(s_openLimit);
            return status == 202 ? HttpConnection.TextOf(answer, "id") : throw new InvalidOperationException(Encoding.UTF8.GetString(answer.Span));
        }

        private async Task<List<EventReader>> OpenAsync(string shared, List<string> own)
        {
            using var limit = new CancellationTokenSource(s_openLimit);
            var all = new List<EventReader>();
            foreach (var group in Enumerable.Repeat(shared, readers / 2).Concat(own).Chunk(50))
            {
                var opened = group.Select(task => (Reader: new EventReader(), Task: task)).ToList();
                all.AddRange(opened.Select(one => one.Reader));
                await Task.WhenAll(opened.Select(one => one.Reader.OpenAsync(port, one.Task, limit.Token)));
            }

            return all;
        }

        private double ApiCpuSeconds() => ProcessTree.CpuSeconds([api]).Values.Sum();
    }
}
