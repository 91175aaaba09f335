using BenchmarkDotNet.Running;
using TaskPipeline.Benchmarks.EndToEnd;
using TaskPipeline.Benchmarks.EndToEnd.Bare;
using TaskPipeline.Benchmarks.Native;
using TaskPipeline.Benchmarks.Simulation;

namespace TaskPipeline.Benchmarks;

/// <summary>All benchmarks. A new one adds its line here.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        new("inner", "BenchmarkDotNet over the inner pieces: JSON, state machine, frames", RunInner),
        new("e2e", "throughput, latency, processor time and memory beside raw RabbitMQ and the bare loop", EndToEndBenchmark.RunAsync),
        new("native", "from the worker to a warm host and back, beside P/Invoke and echoes over pipe and socket", NativeBenchmark.RunAsync),
        new("crash", "what a crash costs the next task in its slot, with a spare host and without", CrashBenchmark.RunAsync),
        new("memory", "resident memory of one worker and its hosts over many tasks", MemoryBenchmark.RunAsync),
        new("backlog", "a large number of pending tasks: submit rate, memory of Redis, latency of queries and lists", BacklogBenchmark.RunAsync),
        new("fanout", "a thousand readers of events: how late they hear of a change, what an event costs the API, and who is dropped", FanoutBenchmark.RunAsync),
        new(EchoChildren.Verb, "(inner) a child that sends back what it gets", EchoChildren.RunAsync),
        new(BareLoop.ApiVerb, "(inner) the API of the bare loop", BareApi.RunAsync),
        new(BareLoop.WorkerVerb, "(inner) the worker of the bare loop", BareWorker.RunAsync),
        new("waiting", "everything of docs/bounded-waiting.md: simulate, then mix", WaitingVerb.BothAsync),
        new("simulate", "simulation of waiting: our lanes against first come first served and short first", WaitingVerb.SimulateAsync),
        new("mix", "the mix of short and long tasks on the real pipeline: waits, and how many start within what they are told", WaitingVerb.MixAsync),
    ];

    private static Task<int> RunInner(string[] arguments)
    {
        BenchmarkSwitcher.FromAssembly(typeof(Verbs).Assembly).Run(arguments);
        return Task.FromResult(0);
    }
}
