using System.Text.Json.Serialization;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Api.Workers;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api;

/// <summary>The JSON that clients see: camel case, every member always there, null when unknown.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(TaskResponse))]
[JsonSerializable(typeof(ListResponse<TaskSummary>))]
[JsonSerializable(typeof(ListResponse<AlgorithmResponse>))]
[JsonSerializable(typeof(ListResponse<WorkerResponse>))]
[JsonSerializable(typeof(ListResponse<LaneResponse>))]
[JsonSerializable(typeof(ScalingResponse))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(SubmitBody))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
