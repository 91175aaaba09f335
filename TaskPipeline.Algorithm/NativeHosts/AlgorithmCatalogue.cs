using System.Text.Json;
using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// What this worker can run, found by asking each library: one that cannot be asked is a problem with a name, never the end of the
/// worker. Complete before the first task.
/// </summary>
internal sealed class AlgorithmCatalogue(LibraryDescriber describer, IOptions<NativeHostOptions> options, ILogger<AlgorithmCatalogue> logger)
{
    private static readonly string[] s_extensions = [".so", ".dylib", ".dll"];

    private readonly Dictionary<string, CatalogueEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, CatalogueEntry> Entries => _entries;

    /// <summary>The libraries that were skipped, each with the reason.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Asks every library. Called once, at start.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var path in options.Value.Libraries.SelectMany(Files))
        {
            try
            {
                Add(path, await describer.DescribeAsync(path, cancellationToken));
            }
            catch (Exception exception) when (exception is HostStartException or KeyNotFoundException or InvalidOperationException)
            {
                Report($"{Path.GetFileName(path)}: {exception.Message}");
            }
        }

        Log.CatalogueLoaded(logger, _entries.Count, _problems.Count);
    }

    private IEnumerable<string> Files(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? [.. Directory.EnumerateFiles(path).Where(file => s_extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal)).Order(StringComparer.Ordinal)]
                : [path];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report($"{path}: {exception.Message}");
            return [];
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
