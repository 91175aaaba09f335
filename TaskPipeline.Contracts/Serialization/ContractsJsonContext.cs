using System.Text.Json.Serialization;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Contracts.Serialization;

/// <summary>The only JSON settings of what API and worker exchange: camel case, absent instead of null, source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(TaskMessage))]
[JsonSerializable(typeof(CancelMessage))]
[JsonSerializable(typeof(WorkerReport))]
[JsonSerializable(typeof(WorkerReport[]))]
[JsonSerializable(typeof(ReportVerdict[]))]
[JsonSerializable(typeof(AlgorithmDescription))]
[JsonSerializable(typeof(TaskSubmission))]
[JsonSerializable(typeof(TaskFailure))]
[JsonSerializable(typeof(TaskUsage))]
public sealed partial class ContractsJsonContext : JsonSerializerContext;
