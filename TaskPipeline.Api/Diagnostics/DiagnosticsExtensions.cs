namespace TaskPipeline.Api.Diagnostics;

/// <summary>Adds what the API counts.</summary>
public static class DiagnosticsExtensions
{
    /// <summary>Adds the metrics and what keeps their gauges current.</summary>
    public static IHostApplicationBuilder AddDiagnostics(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiMetrics>();
        builder.Services.AddHostedService<BacklogObserver>();
        return builder;
    }
}
