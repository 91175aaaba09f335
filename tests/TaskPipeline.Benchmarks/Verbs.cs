using BenchmarkDotNet.Running;

namespace TaskPipeline.Benchmarks;

/// <summary>All benchmarks. A new one adds its line here.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        new("inner", "BenchmarkDotNet over the inner pieces: JSON, state machine, frames", RunInner),
    ];

    private static Task<int> RunInner(string[] arguments)
    {
        BenchmarkSwitcher.FromAssembly(typeof(Verbs).Assembly).Run(arguments);
        return Task.FromResult(0);
    }
}
