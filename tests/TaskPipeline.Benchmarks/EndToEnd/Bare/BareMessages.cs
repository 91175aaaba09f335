using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPipeline.Benchmarks.EndToEnd.Bare;

/// <summary>A task of the bare loop, as submitted, stored and published.</summary>
internal sealed record BareTask(string Algorithm, JsonElement Input, string Id = "", DateTimeOffset CreatedAt = default);

/// <summary>The end of one.</summary>
internal sealed record BareEnd(string Id, string Result);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BareTask))]
[JsonSerializable(typeof(BareEnd))]
internal sealed partial class BareJsonContext : JsonSerializerContext;
