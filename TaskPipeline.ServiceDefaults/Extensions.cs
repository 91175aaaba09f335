using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RabbitMQ.Client;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the application has: telemetry, health, service discovery, careful HTTP clients.</summary>
public static class Extensions
{
    private const string HealthPath = "/health";
    private const string AlivePath = "/alive";
    private const string LiveTag = "live";
    private const string BrokerCheck = "RabbitMQ.Client";

    /// <summary>Adds telemetry, health checks, service discovery and resilience to a service.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        // Before all other sources, each of which may say otherwise: the framework has six lines for each request, which its span and its metrics say as well.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new("Logging:LogLevel:Microsoft.AspNetCore", "Warning")] });
        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            // A POST is never sent twice by the client on its own: whether that is safe only its sender knows.
            http.AddStandardResilienceHandler(options => options.Retry.DisableForUnsafeHttpMethods());
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>Adds logs, metrics and traces, exported over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</summary>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("TaskPipeline.*")
                .SetExemplarFilter(ExemplarFilterType.TraceBased))
            .WithTracing(tracing => tracing
                .AddSource("TaskPipeline.*", "RabbitMQ.Client.*")
                .AddAspNetCoreInstrumentation(options => options.Filter = IsNoProbe)
                .AddHttpClientInstrumentation());
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_SERVICE_NAME"]))
        {
            builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName));
        }

        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            builder.Services.AddOpenTelemetry().UseOtlpExporter();
        }
        else if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_TRACES_SAMPLER"]))
        {
            // Nobody would receive a span: ids are still made and passed on, but nothing is recorded.
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.SetSampler(new AlwaysOffSampler()));
        }

        return builder;
    }

    /// <summary>Adds the check that the process answers at all.</summary>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks()
            .AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag])
            .AddCheck<DrainingHealthCheck>("draining");
        // By a factory: a service without a broker has no connection factory, which the container would miss.
        builder.Services.TryAddSingleton(services => new RabbitMQHealthCheck(services.GetRequiredService<IConnectionFactory>()));
        builder.Services.PostConfigure<HealthCheckServiceOptions>(ReplaceBrokerCheck);
        return builder;
    }

    /// <summary>Maps <c>/health</c> (readiness, with dependencies; degraded answers 200) and <c>/alive</c> (liveness, without), in every environment.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks(HealthPath);
        app.MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) });
        return app;
    }

    /// <summary>
    /// A service lives on while the broker is away, and opens sessions of its own: the client's check would call it unhealthy, and for ever
    /// once the one connection that it looks at is lost.
    /// </summary>
    private static void ReplaceBrokerCheck(HealthCheckServiceOptions options)
    {
        foreach (var check in options.Registrations.Where(check => check.Name == BrokerCheck))
        {
            check.Factory = services => services.GetRequiredService<RabbitMQHealthCheck>();
            check.FailureStatus = HealthStatus.Degraded;
            check.Timeout = TimeSpan.FromSeconds(2);
        }
    }

    private static bool IsNoProbe(HttpContext context) =>
        !context.Request.Path.StartsWithSegments(HealthPath) && !context.Request.Path.StartsWithSegments(AlivePath);
}
