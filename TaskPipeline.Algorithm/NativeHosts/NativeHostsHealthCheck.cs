using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Unhealthy while hosts do not start, with the reason of the last one.</summary>
internal sealed class NativeHostsHealthCheck(NativeHostPool pool) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(pool.Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy());
}
