namespace TaskPipeline.Benchmarks;

/// <summary>A benchmark that can be asked for by name.</summary>
/// <param name="Name">What to write on the command line.</param>
/// <param name="Summary">What it measures.</param>
/// <param name="RunAsync">Runs it with the arguments that follow its name; returns the exit code.</param>
internal sealed record Verb(string Name, string Summary, Func<string[], Task<int>> RunAsync);
