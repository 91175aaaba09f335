using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// What this worker can run, found by asking each library in a process of its own: a library that cannot be asked is a
/// problem with a name, never the end of the worker. Complete before the first task.
/// </summary>
internal sealed class AlgorithmCatalogue(HostStarter starter, TimeProvider time, IOptions<NativeHostOptions> options, ILogger<AlgorithmCatalogue> logger)
{
    private readonly Dictionary<string, CatalogueEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private readonly NativeHostOptions _options = options.Value;

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, CatalogueEntry> Entries => _entries;

    /// <summary>The libraries that were skipped, each with the reason.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Asks every library. Called once, at start.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var path in _options.Libraries.SelectMany(Files))
        {
            try
            {
                Add(path, await DescribeAsync(path, cancellationToken));
            }
            catch (Exception exception) when (exception is HostStartException or JsonException or TimeoutException or KeyNotFoundException or InvalidOperationException)
            {
                Report($"{Path.GetFileName(path)}: {exception.Message}");
            }
        }

        Log.CatalogueLoaded(logger, _entries.Count, _problems.Count);
    }

    private static IEnumerable<string> Files(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(file => file.EndsWith(".so", StringComparison.Ordinal) || file.EndsWith(".dylib", StringComparison.Ordinal) || file.EndsWith(".dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        : [path];

    private async Task<JsonElement> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(_options.HostPath) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        HostEnvironment.ApplyTo(start.Environment);
        foreach (var argument in (string[])["describe", "--library", Path.GetFullPath(path)])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = await starter.RunAsync(() => Process.Start(start) ?? throw new HostStartException("no process was started"));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var text = await process.StandardOutput.ReadToEndAsync(cancellationToken).WaitAsync(_options.StartLimit, time, cancellationToken);
            await process.WaitForExitAsync(cancellationToken).WaitAsync(_options.StartLimit, time, cancellationToken);
            await errors;
            if (process.ExitCode > 128)
            {
                throw new HostStartException($"describing it ended with {SignalNames.Of(process.ExitCode - 128)}");
            }

            return text.Length == 0 ? throw new HostStartException($"describing it ended with exit code {process.ExitCode}") : JsonDocument.Parse(text).RootElement;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private void Add(string path, JsonElement library)
    {
        if (library.TryGetProperty("problem", out var problem) && problem.ValueKind == JsonValueKind.String)
        {
            Report($"{Path.GetFileName(path)}: {problem.GetString()}");
            return;
        }

        foreach (var algorithm in library.GetProperty("algorithms").EnumerateArray())
        {
            var entry = CatalogueReader.Read(algorithm, Path.GetFullPath(path));
            if (!_entries.TryAdd(entry.Description.Name, entry))
            {
                Report($"{Path.GetFileName(path)}: another library already has {entry.Description.Name}");
            }
        }
    }

    private void Report(string problem)
    {
        _problems.Add(problem);
        Log.LibrarySkipped(logger, problem);
    }
}
