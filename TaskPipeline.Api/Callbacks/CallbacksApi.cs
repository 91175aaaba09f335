using System.Text.Json;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Callbacks;

/// <summary>The one route of workers.</summary>
internal static class CallbacksApi
{
    /// <summary>Puts the authentication before everything else of the route.</summary>
    public static WebApplication UseCallbackAuthentication(this WebApplication app)
    {
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(CallbackProtocol.Path, StringComparison.OrdinalIgnoreCase),
            branch => branch.Use((context, next) => context.RequestServices.GetRequiredService<CallbackAuthentication>().InvokeAsync(context, next)));
        return app;
    }

    public static IEndpointRouteBuilder MapCallbacks(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(CallbackProtocol.Path, ReceiveAsync).ExcludeFromDescription();
        return routes;
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, CallbackReceiver receiver, CancellationToken cancellationToken)
    {
        if (!RequestBody.IsJson(context.Request))
        {
            return new Problem(ProblemType.UnsupportedMediaType);
        }

        if (await RequestBody.ReadAsync(context.Request, CallbackProtocol.MaxBodyBytes, cancellationToken) is not { } body)
        {
            return new Problem(ProblemType.BodyTooLarge);
        }

        try
        {
            var verdicts = await receiver.ReceiveAsync(ReportBatchReader.Read(body), cancellationToken);
            return TypedResults.Json(verdicts, ContractsJsonContext.Default.ReportVerdictArray);
        }
        catch (JsonException exception)
        {
            return new Problem(ProblemType.MalformedJson, exception.Message);
        }
    }
}
