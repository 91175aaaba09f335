using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Workers;

/// <summary>What can run, and who runs it.</summary>
internal static class WorkersApi
{
    public static IEndpointRouteBuilder MapWorkers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/algorithms", GetAlgorithmsAsync).WithTags("Workers").WithName("ListAlgorithms").WithSummary("Lists what can run").Produces<ListResponse<AlgorithmResponse>>().ProducesProblems(503);
        routes.MapGet("/workers", GetWorkersAsync).WithTags("Workers").WithName("ListWorkers").WithSummary("Lists who runs").Produces<ListResponse<WorkerResponse>>().ProducesProblems(503);
        return routes;
    }

    private static async Task<IResult> GetAlgorithmsAsync(IWorkerRegistry workers, CancellationToken cancellationToken)
    {
        var algorithms = await workers.GetAlgorithmsAsync(cancellationToken);
        return TypedResults.Json(
            new ListResponse<AlgorithmResponse>([.. algorithms.Select(AlgorithmResponse.From)], NextCursor: null),
            ApiJsonContext.Default.ListResponseAlgorithmResponse);
    }

    private static async Task<IResult> GetWorkersAsync(IWorkerRegistry workers, CancellationToken cancellationToken)
    {
        var alive = await workers.GetWorkersAsync(cancellationToken);
        return TypedResults.Json(
            new ListResponse<WorkerResponse>([.. alive.Select(WorkerResponse.From)], NextCursor: null),
            ApiJsonContext.Default.ListResponseWorkerResponse);
    }
}
