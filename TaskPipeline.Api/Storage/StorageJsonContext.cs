using System.Text.Json.Serialization;
using TaskPipeline.Api.State;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Storage;

/// <summary>How records are kept: what has its default value is left out, because a million of them may wait.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(TaskRecord))]
[JsonSerializable(typeof(AnnounceReport))]
[JsonSerializable(typeof(AlgorithmDescription))]
internal sealed partial class StorageJsonContext : JsonSerializerContext;
