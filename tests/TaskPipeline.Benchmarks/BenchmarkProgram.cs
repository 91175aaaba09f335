namespace TaskPipeline.Benchmarks;

/// <summary>One program, a verb for each benchmark: <c>dotnet run -c Release --project tests/TaskPipeline.Benchmarks -- VERB [options]</c>.</summary>
internal static class BenchmarkProgram
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is [var name, .. var options] && Verbs.All.FirstOrDefault(verb => verb.Name == name) is { } chosen)
        {
            return await chosen.RunAsync(options);
        }

        await Console.Error.WriteLineAsync("Usage: TaskPipeline.Benchmarks VERB [options]\n");
        foreach (var verb in Verbs.All)
        {
            await Console.Error.WriteLineAsync($"  {verb.Name,-12} {verb.Summary}");
        }

        return 2;
    }
}
