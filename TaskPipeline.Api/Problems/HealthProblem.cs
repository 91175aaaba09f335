using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPipeline.Api.Problems;

/// <summary>What <c>/health</c> says: one word when requests can be served, else a problem like every other error.</summary>
internal static class HealthProblem
{
    /// <summary>Answers with it.</summary>
    public static void Configure(HealthCheckOptions options) => options.ResponseWriter = WriteAsync;

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        if (report.Status != HealthStatus.Unhealthy)
        {
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync(report.Status.ToString(), context.RequestAborted);
        }

        var reasons = report.Entries.Values.Where(entry => entry.Status == HealthStatus.Unhealthy).Select(entry => entry.Description ?? "A check failed");
        return new Problem(ProblemType.Unavailable, string.Join("; ", reasons), RetryAfterSeconds: 1).ExecuteAsync(context);
    }
}
