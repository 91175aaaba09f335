using BenchmarkDotNet.Attributes;
using TaskPipeline.Api.State;

namespace TaskPipeline.Benchmarks.Inner;

/// <summary>The decisions of a task's life.</summary>
[MemoryDiagnoser]
public class StateMachineBenchmarks
{
    private static readonly LifecycleOptions s_options = new();
    private static readonly TaskRecord s_processing =
        ((TransitionResult.Applied)TaskStateMachine.Apply(Samples.Pending, Samples.Claim, Samples.Now, s_options)).Record;

    [Benchmark]
    public TransitionResult Claim() => TaskStateMachine.Apply(Samples.Pending, Samples.Claim, Samples.Now, s_options);

    [Benchmark]
    public TransitionResult Finish() => TaskStateMachine.Apply(s_processing, new TaskTrigger.Finish(Samples.Finished), Samples.Now, s_options);
}
