using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost.Check;

/// <summary><c>check</c>: the conformance kit for people who bring their own library. Loads nothing itself: every run is in a process of its own, which may die.</summary>
internal static class CheckCommand
{
    /// <returns>0 when nothing failed, else 1.</returns>
    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = CheckOptions.Parse(arguments);

        // What a library leaves behind comes here when its host ends, and is ended with it.
        ProcessSetup.AdoptOrphans();
        var report = new CheckReport(Console.Out);
        var algorithms = await new LibraryCheck(report, TimeProvider.System).RunAsync(options.LibraryPath, CancellationToken.None).ConfigureAwait(false);
        foreach (var name in options.Inputs.Keys.Union(options.Only, StringComparer.Ordinal).Where(name => algorithms.All(algorithm => algorithm.Name != name)))
        {
            report.Fail($"{name} run", "it is named on the command line, but there is no such algorithm");
        }

        var check = new AlgorithmCheck(report, options, TimeProvider.System);
        foreach (var algorithm in algorithms.Where(algorithm => options.Only.Count == 0 || options.Only.Contains(algorithm.Name, StringComparer.Ordinal)))
        {
            await check.RunAsync(algorithm.Name, CancellationToken.None).ConfigureAwait(false);
        }

        report.Conclude();
        return report.HasFailed ? ExitCodes.CheckFailed : ExitCodes.Success;
    }
}
