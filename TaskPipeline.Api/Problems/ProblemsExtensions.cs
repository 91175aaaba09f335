using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Problems;

/// <summary>Makes every error a problem, the framework's own included.</summary>
public static class ProblemsExtensions
{
    /// <summary>Makes <c>/health</c> answer with a problem when it is not well.</summary>
    public static IHostApplicationBuilder AddProblems(this IHostApplicationBuilder builder)
    {
        builder.Services.Configure<HealthCheckOptions>(HealthProblem.Configure);
        return builder;
    }

    /// <summary>Adds the middleware; the first of the pipeline.</summary>
    public static WebApplication UseProblems(this WebApplication app)
    {
        app.Use(CatchAsync);
        app.UseStatusCodePages(context => new Problem(ProblemType.ForStatus(context.HttpContext.Response.StatusCode)).ExecuteAsync(context.HttpContext));
        return app;
    }

    private static async Task CatchAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away, in the middle of its body perhaps: nobody reads an answer.
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = exception.StatusCode;
            await new Problem(ProblemType.ForStatus(exception.StatusCode), exception.Message).ExecuteAsync(context);
        }
        catch (StoreUnavailableException exception) when (!context.Response.HasStarted)
        {
            await new Problem(ProblemType.Unavailable, exception.Message, RetryAfterSeconds: 1).ExecuteAsync(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // The edge of a request: whatever a handler did not expect ends here, once, and tells the client nothing of the inside.
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProblemsExtensions).FullName!);
            Log.RequestFailed(logger, exception, context.Request.Method, context.Request.Path);
            await new Problem(ProblemType.Internal).ExecuteAsync(context);
        }
    }
}
