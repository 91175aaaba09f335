using System.Text.Json.Serialization;
using TaskPipeline.Api.Problems;

namespace TaskPipeline.Api.OpenApi;

/// <summary>Adds the description of the public calls, <c>/openapi/v1.json</c>.</summary>
public static class OpenApiExtensions
{
    /// <summary>Adds the document.</summary>
    public static IHostApplicationBuilder AddApiDescription(this IHostApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJsonContext.Default);
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        builder.Services.AddOpenApi(options =>
        {
            options.AddDocumentTransformer(ApiDescription.DescribeAsync);
            options.AddOperationTransformer(ApiDescription.DescribeAsync);
            options.AddSchemaTransformer(ApiDescription.DescribeAsync);
        });
        return builder;
    }

    /// <summary>Says with which errors an operation may answer.</summary>
    internal static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ProblemBody>(status, "application/problem+json");
        }

        return route;
    }
}
