using System.Text.Json;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Reads one algorithm of what a host describes.</summary>
internal static class CatalogueReader
{
    public static CatalogueEntry Read(JsonElement algorithm, string libraryPath) => new(
        new AlgorithmDescription
        {
            Name = algorithm.GetProperty("name").GetString()!,
            Version = algorithm.GetProperty("version").GetString()!,
            Description = Text(algorithm, "description") ?? "",
            DefaultTimeoutSeconds = Number(algorithm, "defaultTimeoutSeconds"),
            ExpectedSeconds = Number(algorithm, "expectedSeconds"),
            CostParameter = Text(algorithm, "costParameter"),
        },
        libraryPath,
        (int)(Number(algorithm, "maxConcurrent") ?? 0),
        (long)(Number(algorithm, "memoryLimitBytes") ?? 0),
        Number(algorithm, "cpuLimitSeconds") ?? 0);

    private static string? Text(JsonElement algorithm, string name) =>
        algorithm.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Zero means "not said" in the library's own description.</summary>
    private static double? Number(JsonElement algorithm, string name) =>
        algorithm.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() > 0 ? value.GetDouble() : null;
}
