using System.Globalization;
using System.Text;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>The numbers of all rounds of one layout, and the table that they make.</summary>
internal sealed class EndToEndTable(string layout)
{
    public List<double> Raw { get; } = [];

    public SubjectNumbers Bare { get; } = new("bare loop, quorum queue");

    public SubjectNumbers Pipeline { get; } = new("TaskPipeline");

    public long PeakBytes { get; set; }

    /// <summary>The newest round in a line, to watch while it runs.</summary>
    public string LastRound() => string.Create(
        CultureInfo.InvariantCulture, $"{layout} round {Raw.Count}: raw {Raw[^1]:0}/s; {Bare.LastRound(Raw[^1])}; {Pipeline.LastRound(Raw[^1])}");

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"workers x slots {layout}, median of {Raw.Count} interleaved rounds; raw RabbitMQ {Statistics.Median(Raw):0}/s; peak resident {PeakBytes / 1048576} MiB (everything but the load client)");
        text.AppendLine();
        text.AppendLine("| system | tasks/s | accepted/s | share of raw | CPU s per 1,000 | unloaded p50 / p99 ms | half load p50 / p99 ms |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var subject in (SubjectNumbers[])[Bare, Pipeline])
        {
            text.AppendLine(subject.Row(Raw));
        }

        text.AppendLine();
        foreach (var subject in (SubjectNumbers[])[Bare, Pipeline])
        {
            text.AppendLine(subject.CpuByProgram());
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"p99 as a multiple of the bare loop's, per round: unloaded {Multiple(numbers => numbers.Unloaded):0.00}, half load {Multiple(numbers => numbers.HalfLoad):0.00}");
        return text.ToString();
    }

    private double Multiple(Func<SubjectNumbers, List<IReadOnlyList<double>>> latencies) => Statistics.Median(
        [.. latencies(Pipeline).Zip(latencies(Bare), (one, other) => Statistics.Percentile(one, 0.99) / Statistics.Percentile(other, 0.99))]);
}

/// <summary>The numbers of one subject, one entry for each round.</summary>
internal sealed class SubjectNumbers(string name)
{
    public List<ThroughputResult> Throughputs { get; } = [];

    public List<IReadOnlyList<double>> Unloaded { get; } = [];

    public List<IReadOnlyList<double>> HalfLoad { get; } = [];

    public string LastRound(double raw) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name} {Throughputs[^1].PerSecond:0}/s ({Throughputs[^1].PerSecond / raw:0.00}), CPU {Throughputs[^1].CpuPerThousand:0.000}, unloaded {Both(Unloaded[^1])}, half {Both(HalfLoad[^1])}");

    /// <summary>Where the processor time goes, dearest first.</summary>
    public string CpuByProgram()
    {
        var programs = Throughputs.SelectMany(result => result.CpuByName.Keys).Distinct()
            .Select(program => (Program: program, Seconds: Median(result => result.CpuByName.GetValueOrDefault(program))))
            .Where(entry => entry.Seconds > 0.0005)
            .OrderByDescending(entry => entry.Seconds);
        return $"CPU s per 1,000, {name}: {string.Join(", ", programs.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Program} {entry.Seconds:0.000}")))}";
    }

    public string Row(List<double> raw)
    {
        var share = Statistics.Median([.. Throughputs.Zip(raw, (own, other) => own.PerSecond / other)]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Median(result => result.PerSecond):0} | {Median(result => result.SubmittedPerSecond):0} | {share:0.00} | {Median(result => result.CpuPerThousand):0.000} | {Of(Unloaded)} | {Of(HalfLoad)} |");
    }

    private double Median(Func<ThroughputResult, double> value) => Statistics.Median([.. Throughputs.Select(value)]);

    /// <summary>The median and the 99th percentile.</summary>
    public static string Both(IReadOnlyList<double> latencies) =>
        string.Create(CultureInfo.InvariantCulture, $"{Statistics.Percentile(latencies, 0.5):0.00} / {Statistics.Percentile(latencies, 0.99):0.00}");

    private static string Of(List<IReadOnlyList<double>> rounds)
    {
        double Over(double share) => Statistics.Median([.. rounds.Select(round => Statistics.Percentile(round, share))]);
        return string.Create(CultureInfo.InvariantCulture, $"{Over(0.5):0.00} / {Over(0.99):0.00}");
    }
}
