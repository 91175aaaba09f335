using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.OpenApi;

/// <summary>What the routes' signatures do not say: headers, query members, formats.</summary>
internal static class ApiDescription
{
    private static readonly string[] s_taskStates = ["pending", "processing", "completed", "failed", "cancelled", "timed_out"];

    public static Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info.Title = "TaskPipeline";
        document.Info.Version = "v1";
        document.Info.Description = "Runs native algorithms as tasks. Errors are application/problem+json with a type urn:taskpipeline:problem:<slug>.";
        Nullability.Correct(document, typeof(TaskResponse));
        Nullability.Correct(document, typeof(TaskSummary));
        return Task.CompletedTask;
    }

    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.Name == "id"))
        {
            parameter.Description = "The id of a task: a UUID of version 7 in lower case.";
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
        }

        switch (operation.OperationId)
        {
            case "SubmitTask":
                Header(operation, "Prefer", "wait=N: answer when the task has ended, at the latest after N (up to 60) seconds.");
                Header(operation, "Idempotency-Key", "1 to 255 visible ASCII characters. The same key with the same body gives the same task.");
                Header(operation, ClientIdentity.Header, "Whose task it is: 1 to 100 visible ASCII characters. Default: the address.");
                Answers(operation, ("Location", "The path of the task."), ("Retry-After", "Seconds after which to ask; absent when the task has ended in time."), ("ETag", "The version."), ("Preference-Applied", "wait=N"));
                break;
            case "RetryTask":
                Header(operation, "Prefer", "wait=N, as with a submission.");
                Header(operation, "Idempotency-Key", "As with a submission.");
                Header(operation, ClientIdentity.Header, "As with a submission.");
                Answers(operation, ("Location", "The path of the new task."), ("Retry-After", "Seconds after which to ask; absent when the task has ended in time."), ("ETag", "The version."), ("Preference-Applied", "wait=N"));
                break;
            case "GetTask":
                Header(operation, "Prefer", "wait=N: answer when the task has ended, at the latest after N (up to 60) seconds.");
                Header(operation, "If-None-Match", "An ETag; 304 when the task still has this version.");
                Answers(operation, ("Retry-After", "Seconds after which to ask again; absent when the task has ended."), ("ETag", "The version."), ("Preference-Applied", "wait=N"));
                break;
            case "CancelTask":
                Answers(operation, ("ETag", "The version."));
                break;
            case "StreamTaskEvents":
                Header(operation, "Last-Event-ID", "The id of the last event that was seen; it is not sent again.");
                break;
            case "ListTasks":
                Query(operation, "status", "Only tasks in this state.", new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. s_taskStates] });
                Query(operation, "algorithm", "Only tasks of this algorithm.", new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 100 });
                Query(operation, "limit", "How many. Default: 50.", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "100" });
                Query(operation, "cursor", "The nextCursor of the page before.", new OpenApiSchema { Type = JsonSchemaType.String });
                break;
            default:
                break;
        }

        return Task.CompletedTask;
    }

    public static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        // Answers carry all their members always; only a submission may leave some out.
        if (schema.Properties is { Count: > 0 } && context.JsonTypeInfo.Type != typeof(SubmitBody))
        {
            schema.Required = schema.Properties.Keys.ToHashSet();
        }

        if (context.JsonTypeInfo.Type == typeof(TaskId))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
        }
        else if (context.JsonTypeInfo.Type == typeof(ReadOnlyMemory<byte>))
        {
            schema.Description = "Any JSON value, exactly as it was sent.";
        }

        if (context.JsonPropertyInfo is { Name: "algorithm" })
        {
            schema.Type = JsonSchemaType.String;
        }

        return Task.CompletedTask;
    }

    private static void Header(OpenApiOperation operation, string name, string description) =>
        Add(operation, ParameterLocation.Header, name, description, new OpenApiSchema { Type = JsonSchemaType.String });

    private static void Query(OpenApiOperation operation, string name, string description, OpenApiSchema schema) =>
        Add(operation, ParameterLocation.Query, name, description, schema);

    private static void Add(OpenApiOperation operation, ParameterLocation where, string name, string description, OpenApiSchema schema)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = where, Description = description, Schema = schema });
    }

    private static void Answers(OpenApiOperation operation, params (string Name, string Description)[] headers)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (status.StartsWith('2') && response is OpenApiResponse answer)
            {
                answer.Headers = headers.ToDictionary(
                    header => header.Name,
                    IOpenApiHeader (header) => new OpenApiHeader { Description = header.Description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
            }
        }
    }
}
